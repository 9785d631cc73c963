"""Pictures and text fields as multipart/form-data (RFC 7578)."""

from __future__ import annotations

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from serving.errors import InputError
from serving.gateway.protocols.sent_pictures import RAW_TYPES, Sent, Upload, clean_name, too_many

MAX_FIELDS = 16
"""Maximum number of text fields in a form, besides its files."""
MAX_FIELD = 1_000
"""Bytes of a text field that are read; the rest is ignored."""


def parse_multipart(body: bytes, boundary: str, max_images: int) -> Sent:
    """Read the files of a multipart/form-data body, whatever their fields are called, and its text fields.

    Raises:
        InputError: the body is malformed.
        TooLarge: more than ``max_images`` files, or more than ``MAX_FIELDS`` further parts.
    """
    if not boundary or len(boundary) > 200:
        raise InputError("The Content-Type of a multipart body must name its boundary.")
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
    """Separate files from text fields."""
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
