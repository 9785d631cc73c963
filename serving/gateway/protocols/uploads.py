"""Reads the pictures of a request, in any of the forms that ``:classify`` takes."""

from __future__ import annotations

import re

from flask import Request

from serving.errors import InputError, UnsupportedMediaType
from serving.gateway.protocols.bodies import load_json, read_body
from serving.gateway.protocols.multipart import parse_multipart
from serving.gateway.protocols.sent_pictures import RAW_TYPES, Sent, Upload, clean_name, too_many
from serving.gateway.settings.settings import Settings
from serving.wire.json_values import Json, from_base64

_DATA_URL = re.compile(r"\A\s*data:[^,]{0,200};base64,", re.IGNORECASE)


def read_uploads(request: Request, settings: Settings) -> Sent:
    """Read a request's pictures, at least one, and its text fields.

    Raises:
        InputError: (or a subclass) the request is malformed, too large or of another type.
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
        raise InputError("The request has no picture. Send at least one, such as: curl -F image=@seven.png")
    return Sent(uploads, fields)


def parse_json(body: bytes, max_images: int) -> list[Upload]:
    """The pictures of ``{"images": [{"b64": "...", "name": "..."}]}``; ``name`` may be left out.

    Raises:
        InputError: the JSON has another form.
        TooLarge: more than ``max_images`` pictures.
    """
    content = load_json(body)
    if not isinstance(content, dict) or set(content) != {"images"} or not isinstance(content["images"], list):
        raise InputError(
            'The JSON body must be {"images": [{"b64": "...", "name": "..."}]} and nothing else.'
        )
    if len(content["images"]) > max_images:
        raise too_many(max_images)
    return [_json_image(entry) for entry in content["images"]]


def _json_image(entry: Json) -> Upload:
    if not isinstance(entry, dict) or not isinstance(entry.get("b64"), str) or set(entry) - {"b64", "name"}:
        raise InputError('Each image must be {"b64": "...", "name": "..."}; the name is optional.')
    name = entry.get("name")
    if name is not None and not isinstance(name, str):
        raise InputError("The name of an image must be a string.")
    name = None if name is None else clean_name(name)
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
