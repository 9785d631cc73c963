"""The pictures of a request, from any of the forms in which ``:classify`` takes them."""

from __future__ import annotations

import re
from typing import NamedTuple

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from serving.errors import InputError, ServiceError, TooLarge, UnsupportedMediaType
from serving.gateway.protocols.bodies import load_json, read_body
from serving.gateway.settings.settings import Settings
from serving.wire.json_values import Json, from_base64

MAX_NAME = 255
RAW_TYPES = ("application/octet-stream",)
MAX_FIELDS = 16
"""How many text fields a form may have beside its files."""
MAX_FIELD = 1_000
"""What of a text field is looked at, in bytes."""
_DATA_URL = re.compile(r"\A\s*data:[^,]{0,200};base64,", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Upload(NamedTuple):
    """One picture as it came.

    Attributes:
        name: what the caller calls it, or None.
        data: its bytes.
        error: why there are no bytes, or None.
    """

    name: str | None
    data: bytes
    error: ServiceError | None = None


class Sent(NamedTuple):
    """What a request holds.

    Attributes:
        uploads: its pictures.
        fields: the text fields of a form by their names, of which only some are known.
    """

    uploads: list[Upload]
    fields: dict[str, str]


def read_uploads(request: Request, settings: Settings) -> Sent:
    """Read a request's pictures, at least one, and the text fields beside them.

    Raises:
        InputError: (or one of its kinds) when the request is malformed, too large or of another type.
    """
    kind = request.mimetype
    fields: dict[str, str] = {}
    if kind.startswith("image/") or kind in RAW_TYPES:
        limit = min(settings.max_image_bytes, settings.max_request_bytes)
        uploads = [Upload(None, read_body(request, limit))]
        if not uploads[0].data:
            uploads = []
    elif kind == "multipart/form-data":
        boundary = request.mimetype_params.get("boundary", "")
        uploads, fields = parse_multipart(
            read_body(request, settings.max_request_bytes), boundary, settings.max_images
        )
    elif kind == "application/json":
        uploads = parse_json(read_body(request, settings.max_request_bytes), settings.max_images)
    else:
        raise UnsupportedMediaType(
            "Send the picture as multipart/form-data, as a body of type image/*, or as JSON with base64."
        )
    if not uploads:
        raise InputError("The request holds no picture. Send at least one, such as: curl -F image=@seven.png")
    return Sent(uploads, fields)


def parse_multipart(body: bytes, boundary: str, max_images: int) -> Sent:
    """The files of a multipart/form-data body, whatever their fields are called, and its text fields.

    Raises:
        InputError: when it is malformed.
        TooLarge: for more than ``max_images`` files, or ``MAX_FIELDS`` more parts than that.
    """
    if not boundary or len(boundary) > 200:
        raise InputError("The Content-Type of a multipart body names its boundary.")
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), max_parts=max_images + MAX_FIELDS)
    parts: list[tuple[File | Field, list[bytes]]] = []
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), (Epilogue, NeedData)):
            if isinstance(event, (File, Field)):
                parts.append((event, []))
            elif isinstance(event, Data):
                parts[-1][1].append(bytes(event.data))
    except RequestEntityTooLarge as error:
        raise too_many(max_images) from error
    except (ValueError, LookupError) as error:
        raise InputError("The multipart body is malformed.") from error
    return _sorted(parts, max_images)


def _sorted(parts: list[tuple[File | Field, list[bytes]]], max_images: int) -> Sent:
    """Tell files from text."""
    sent = Sent([], {})
    for event, data in parts:
        content = data[0] if len(data) == 1 else b"".join(data)
        if isinstance(event, File):
            sent.uploads.append(Upload(clean_name(event.filename), content))
        elif event.headers.get("Content-Type", "").startswith(("image/", *RAW_TYPES)):
            sent.uploads.append(Upload(None, content))
        else:
            sent.fields[event.name] = content[:MAX_FIELD].decode("utf-8", "replace").strip()
    if len(sent.uploads) > max_images:
        raise too_many(max_images)
    return sent


def parse_json(body: bytes, max_images: int) -> list[Upload]:
    """The pictures of ``{"images": [{"b64": "...", "name": "..."}]}``; ``name`` may be left out.

    Raises:
        InputError: when the JSON is not of this form.
        TooLarge: for more than ``max_images`` pictures.
    """
    content = load_json(body)
    if not isinstance(content, dict) or set(content) != {"images"} or not isinstance(content["images"], list):
        raise InputError('The JSON body is {"images": [{"b64": "...", "name": "..."}]} and nothing else.')
    if len(content["images"]) > max_images:
        raise too_many(max_images)
    return [_json_image(entry) for entry in content["images"]]


def too_many(max_images: int) -> TooLarge:
    """The error for more pictures than a request may hold."""
    return TooLarge(f"A request may hold at most {max_images} pictures. Send several requests.")


def clean_name(name: str) -> str:
    """A file name without folders and control characters, of bounded length."""
    return _CONTROL.sub("", re.split(r"[/\\]", name)[-1])[:MAX_NAME]


def _json_image(entry: Json) -> Upload:
    if not isinstance(entry, dict) or not isinstance(entry.get("b64"), str) or set(entry) - {"b64", "name"}:
        raise InputError('Each of the images is {"b64": "...", "name": "..."}; the name may be left out.')
    name = entry.get("name")
    if name is not None and not isinstance(name, str):
        raise InputError("The name of an image is a string.")
    name = None if name is None else clean_name(name)
    try:
        return Upload(name, _decoded(entry["b64"]))
    except ValueError:
        return Upload(name, b"", InputError("The b64 of this image is not base64."))


def _decoded(text: str) -> bytes:
    """Bytes from base64, which may be a data URL (RFC 2397) and may be broken into lines (RFC 2045)."""
    text = _DATA_URL.sub("", text, count=1)
    try:
        return from_base64(text)
    except ValueError:
        return from_base64("".join(text.split()))
