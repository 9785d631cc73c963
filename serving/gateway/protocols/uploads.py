"""Reads the pictures of a request, in any of the forms that ``:classify`` takes."""

from __future__ import annotations

import re
from typing import NamedTuple

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder

from serving.errors import InputError, ServiceError, TooLarge, UnsupportedMediaType
from serving.gateway.protocols.bodies import load_json, read_body
from serving.gateway.settings.settings import Settings
from serving.wire.json_values import Json, from_base64

MAX_NAME = 255
MAX_FIELDS = 16
"""Maximum number of text fields in a form, besides its files."""
MAX_FIELD = 1_000
"""Bytes of a text field that are read; the rest is ignored."""
_RAW = "application/octet-stream"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_DATA_URL = re.compile(r"\A\s*data:[^,]{0,200};base64,", re.IGNORECASE)


class Upload(NamedTuple):
    """One picture as it was sent: the caller's name for it, and its bytes or why there are none."""

    name: str | None
    data: bytes
    error: ServiceError | None = None


class Sent(NamedTuple):
    """The pictures of a request, and the text fields of its form, known and unknown."""

    uploads: list[Upload]
    fields: dict[str, str]


def read_uploads(request: Request, settings: Settings) -> Sent:
    """Read a request's pictures, at least one, and its text fields; raises InputError or a subclass."""
    kind, limit, most = request.mimetype, settings.max_request_bytes, settings.max_images
    if kind.startswith("image/") or kind == _RAW:
        data = read_body(request, min(settings.max_image_bytes, limit))
        sent = Sent([Upload(None, data)] if data else [], {})
    elif kind == "multipart/form-data":
        boundary = request.mimetype_params.get("boundary", "")
        sent = parse_multipart(read_body(request, limit), boundary, most)
    elif kind == "application/json":
        sent = Sent(parse_json(read_body(request, limit), most), {})
    else:
        raise UnsupportedMediaType(
            "Send the picture as multipart/form-data, as a body of type image/*, or as JSON with base64."
        )
    if not sent.uploads:
        raise InputError("The request has no picture. Send at least one, such as: curl -F image=@seven.png")
    return sent


def parse_multipart(body: bytes, boundary: str, max_images: int) -> Sent:
    """Read the files of a form (RFC 7578), whatever their fields are called, and its text fields."""
    if not boundary or len(boundary) > 200:
        raise InputError("The Content-Type of a multipart body must name its boundary.")
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), max_parts=max_images + MAX_FIELDS)
    sent = Sent([], {})
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, (File, Field)):
                part = event
            elif isinstance(event, Data):  # all of the part's, because the decoder has the whole body
                _add_part(sent, part, event.data)
    except RequestEntityTooLarge as error:
        raise _too_many(max_images) from error
    except (ValueError, LookupError) as error:
        raise InputError("The multipart body is malformed.") from error
    if len(sent.uploads) > max_images:
        raise _too_many(max_images)
    return sent


def parse_json(body: bytes, max_images: int) -> list[Upload]:
    """The pictures of ``{"images": [{"b64": "...", "name": "..."}]}``; raises like ``read_uploads``."""
    content = load_json(body)
    if not isinstance(content, dict) or set(content) != {"images"} or not isinstance(content["images"], list):
        raise InputError(
            'The JSON body must be {"images": [{"b64": "...", "name": "..."}]} and nothing else.'
        )
    if len(content["images"]) > max_images:
        raise _too_many(max_images)
    return [_json_image(entry) for entry in content["images"]]


def clean_name(name: str) -> str:
    """A file name without folders and control characters, cut to ``MAX_NAME`` characters."""
    return _CONTROL.sub("", re.split(r"[/\\]", name)[-1])[:MAX_NAME]


def _add_part(sent: Sent, part: File | Field, content: bytes) -> None:
    if isinstance(part, File):
        sent.uploads.append(Upload(clean_name(part.filename), content))
    elif part.headers.get("Content-Type", "").startswith(("image/", _RAW)):
        sent.uploads.append(Upload(None, content))
    else:
        sent.fields[part.name] = content[:MAX_FIELD].decode("utf-8", "replace").strip()


def _json_image(entry: Json) -> Upload:
    if not isinstance(entry, dict) or not isinstance(entry.get("b64"), str) or set(entry) - {"b64", "name"}:
        raise InputError('Each image must be {"b64": "...", "name": "..."}; the name is optional.')
    name = entry.get("name")
    if name is not None:
        if not isinstance(name, str):
            raise InputError("The name of an image must be a string.")
        name = clean_name(name)
    try:
        return Upload(name, _decoded(entry["b64"]))
    except ValueError:
        return Upload(name, b"", InputError("The b64 of this image is not base64."))


def _decoded(text: str) -> bytes:
    """Decode base64, which may be a data URL (RFC 2397) or split into lines (RFC 2045)."""
    text = _DATA_URL.sub("", text, count=1)
    try:
        return from_base64(text)
    except ValueError:
        return from_base64("".join(text.split()))


def _too_many(max_images: int) -> TooLarge:
    return TooLarge(f"A request may have at most {max_images} pictures. Send several requests.")
