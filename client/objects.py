"""PIL images and arrays as PNG, without importing Pillow or NumPy: the caller's object does the work."""

from __future__ import annotations

import io
from typing import Any, TypeAlias

from client.errors import SourceError
from client.png import encode

PictureObject: TypeAlias = Any  # a PIL image or an array: known by what it can do, not by its class

_PNG_MODES = frozenset({"1", "L", "LA", "I", "I;16", "P", "RGB", "RGBA"})


def png_from_object(value: PictureObject) -> bytes:
    """The PNG of a PIL image or of an array.

    Arrays are uint8 or bool ``[H, W]`` or ``[H, W, C]`` with 1 to 4 channels (grey, grey and alpha, RGB,
    RGBA), or floating point with values 0..1. Anything with ``__array_interface__`` or ``__array__`` counts
    (NumPy, and what converts to it).

    Raises:
        SourceError: for anything else, saying what was found.
    """
    if hasattr(value, "save") and hasattr(value, "mode"):
        return _from_image(value)
    if not hasattr(value, "__array_interface__") and hasattr(value, "__array__"):
        value = value.__array__()
    if hasattr(value, "__array_interface__"):
        return _from_array(value)
    raise SourceError(
        f"a {type(value).__name__} is no picture: pass a path, bytes, an open file, a PIL image or an array."
    )


def _from_image(image: PictureObject) -> bytes:
    try:
        if image.mode not in _PNG_MODES:
            image = image.convert("RGB")
        buffer = io.BytesIO()
        image.save(buffer, format="PNG")
    except (OSError, ValueError) as error:
        raise SourceError(f"the image cannot be written as PNG: {error}.") from error
    return buffer.getvalue()


def _from_array(array: PictureObject) -> bytes:
    shape = tuple(int(side) for side in array.__array_interface__["shape"])
    if len(shape) not in (2, 3) or 0 in shape or (len(shape) == 3 and shape[2] not in (1, 2, 3, 4)):
        raise SourceError(f"an array of shape {list(shape)} is no picture: pass [H, W] or [H, W, 1 to 4].")
    channels = shape[2] if len(shape) == 3 else 1
    return encode(_samples(array), shape[1], shape[0], channels)


def _samples(array: PictureObject) -> bytes:
    kind = array.__array_interface__["typestr"][1:]
    if kind == "u1":
        return bytes(array.tobytes())
    if kind == "b1":
        return bytes((array.astype("u1") * 255).tobytes())
    if not kind.startswith("f"):
        raise SourceError(f"an array of {array.dtype} is ambiguous: pass uint8 0..255 or floats 0..1.")
    if not bool(((array >= 0) & (array <= 1)).all()):
        raise SourceError("a floating point array must hold values 0..1; pass uint8 for 0..255.")
    return bytes((array * 255).round().astype("u1").tobytes())
