"""The requests of the API as plain values, and the two forms of their bodies."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict
from urllib.parse import quote

from client.errors import SourceError
from client.sources import BLOCK, Upload

DEFAULT_URL = "http://localhost:8080"
DEFAULT_MODEL = "mnist"
DEFAULT_BATCH_SIZE = 64
# Reading takes many times longer per picture than classifying.
READ_BATCH_SIZE = 8
DEFAULT_CONCURRENCY = 4
FITS = ("auto", "stretch")
INCLUDES = ("probabilities", "input")
PARAMETERS = ("top_k", "fit", "include")
LARGEST_JSON = 1024 * 1024


class Body:
    """The body of a request. It can be sent more than once.

    Args:
        content_type: of the whole.
        pieces: the bytes, in order; a large upload is read from its file as it is sent.

    Attributes:
        length: bytes in all.
    """

    def __init__(self, content_type: str, pieces: Sequence[bytes | Upload]) -> None:
        self.content_type = content_type
        self.length = sum(piece.size if isinstance(piece, Upload) else len(piece) for piece in pieces)
        self._pieces = pieces

    def blocks(self) -> Iterator[bytes]:
        """The bytes, from the start, in blocks of at least ``BLOCK`` bytes except for the last.

        Raises:
            SourceError: a file could not be read to its end; ``position`` tells which.
        """
        waiting = bytearray()
        for piece in self._stream():
            waiting += piece
            if len(waiting) >= BLOCK:
                yield bytes(waiting)
                waiting.clear()
        if waiting:
            yield bytes(waiting)

    def _stream(self) -> Iterator[bytes]:
        position = 0
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            try:
                yield from piece.blocks()
            except SourceError as error:
                error.position = position
                raise
            position += 1


def body_for(uploads: Sequence[Upload]) -> Body:
    """The cheaper body for these uploads.

    Small pictures are sent as JSON with base64: for a few hundred bytes each, the service parses a JSON
    string a hundred times faster than a multipart part. Large ones are sent as multipart/form-data, which
    avoids base64's extra third and is sent in blocks. Both name the pictures by position, so answers can be
    matched and no path leaves the caller's machine.
    """
    in_memory = all(upload.data is not None for upload in uploads)
    if in_memory and sum(upload.size for upload in uploads) <= LARGEST_JSON:
        return json_body(uploads)
    return multipart_body(uploads)


def json_body(uploads: Sequence[Upload]) -> Body:
    """``{"images": [{"name": "0", "b64": "..."}]}``."""
    images = [
        b'{"name":"%d","b64":"%b"}' % (position, b64encode(upload.data or b""))
        for position, upload in enumerate(uploads)
    ]
    return Body("application/json", [b'{"images":[%b]}' % b",".join(images)])


def multipart_body(uploads: Sequence[Upload]) -> Body:
    """``multipart/form-data`` (RFC 7578) with one part per upload."""
    boundary = os.urandom(16).hex().encode()
    pieces: list[bytes | Upload] = []
    for position, upload in enumerate(uploads):
        head = b'Content-Disposition: form-data; name="image"; filename="%d"\r\n' % position
        pieces.append(b"--%b\r\n%bContent-Type: application/octet-stream\r\n\r\n" % (boundary, head))
        pieces += [upload, b"\r\n"]
    pieces.append(b"--%b--\r\n" % boundary)
    return Body(f"multipart/form-data; boundary={boundary.decode()}", pieces)


@dataclass(frozen=True, slots=True)
class Request:
    """A request, relative to the service's URL."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None


class ReadOptionFields(TypedDict, total=False):
    """The keyword arguments of ``read`` and ``read_many``; see ``Options``."""

    model: str
    version: int | None
    label: str | None
    include: Sequence[str]


class OptionFields(ReadOptionFields, total=False):
    """The keyword arguments of ``classify`` and ``classify_many``; see ``Options``."""

    top_k: int
    fit: str


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a request.

    Attributes:
        model: name of the served model.
        version: a version, in place of the one that the service prefers.
        label: the version label, such as ``canary``, in place of ``version``.
        top_k: number of labels to list, 1 or more.
        include: any of ``probabilities`` (of all labels) and ``input`` (what the model saw).
        fit: ``auto`` prepares photographs; ``stretch`` only resizes to the model's size, in grey.

    Raises:
        ValueError: an option is wrong; the message names it.
    """

    model: str = DEFAULT_MODEL
    version: int | None = None
    label: str | None = None
    top_k: int = 3
    include: Sequence[str] = ()
    fit: str = "auto"

    def __post_init__(self) -> None:
        if not self.model:
            raise ValueError("model is empty")
        for name, value in (("model", self.model), ("label", self.label or "")):
            if not is_text(value):
                raise ValueError(f"{name} is {value!r}, which is not valid text")
        if self.version is not None and self.label is not None:
            raise ValueError("give a version or a label, not both")
        if self.top_k < 1:
            raise ValueError(f"top_k is {self.top_k}; it must be at least 1")
        if self.fit not in FITS:
            raise ValueError(f"fit is {self.fit!r}; it must be one of {', '.join(FITS)}")
        if isinstance(self.include, str) or not set(self.include) <= set(INCLUDES):
            raise ValueError(f"include is {self.include!r}; it must list some of {', '.join(INCLUDES)}")

    def request(self, verb: str, body: Body, parameters: Sequence[str] = PARAMETERS) -> Request:
        """The request for an operation of the API, with the parameters that it takes."""
        values = {"top_k": str(self.top_k), "fit": self.fit, "include": ",".join(self.include)}
        query = {name: values[name] for name in parameters if values[name]}
        path = model_path(self.model)
        if self.version is not None:
            path += f"/versions/{self.version}"
        if self.label is not None:
            path += f"/labels/{quote(self.label, safe='')}"
        return Request("POST", f"{path}:{verb}", query, body)


def model_path(name: str) -> str:
    """The path of a model, percent-encoded."""
    return f"/v1/models/{quote(name, safe='')}"


def is_text(value: str) -> bool:
    """Whether a string is valid text; a command line may hold other bytes, as lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def base_url(url: str) -> str:
    """The full URL of the service: adds a missing ``http://`` and drops a closing slash.

    Raises:
        ValueError: ``url`` is not an http or https URL.
    """
    import httpx

    text = url.strip()
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = httpx.URL(text)
        port_exists = parts.port is None or 0 < parts.port < 65536
        usable = parts.scheme in ("http", "https") and parts.host and port_exists
    except (httpx.InvalidURL, UnicodeEncodeError):
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is not the address of a service; write it like {DEFAULT_URL}")
    return text.rstrip("/")


def shown_url(url: str) -> str:
    """The URL without the user name and password that it may hold."""
    import httpx

    return str(httpx.URL(url).copy_with(userinfo=b""))
