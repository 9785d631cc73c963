"""PIL images and arrays as PNG, with Pillow. NumPy is not needed: an array converts itself."""

from __future__ import annotations

import io
from typing import Any, TypeAlias

from client.errors import SourceError

PictureObject: TypeAlias = Any  # a PIL image or an array: known by what it can do, not by its class

_PNG_MODES = frozenset({"1", "L", "LA", "I", "I;16", "P", "RGB", "RGBA"})


def png_from_object(value: PictureObject) -> bytes:
    """The PNG of a PIL image or of an array.

    Arrays are uint8 or bool ``[H, W]`` or ``[H, W, C]`` with 1 to 4 channels (grey, grey and alpha, RGB,
    RGBA), or floating point with values 0..1. Anything with ``__array_interface__`` or ``__array__`` counts
    as an array.

    Raises:
        SourceError: for anything else, saying what was found.
    """
    if not hasattr(value, "save") or not hasattr(value, "mode"):
        value = _image_from_array(value)
    try:
        image = value if value.mode in _PNG_MODES else value.convert("RGB")
        buffer = io.BytesIO()
        image.save(buffer, format="PNG", compress_level=1)
    except (OSError, ValueError) as error:
        raise SourceError(f"the image cannot be written as PNG: {error}.") from error
    return buffer.getvalue()


def _image_from_array(array: PictureObject) -> PictureObject:
    if not hasattr(array, "__array_interface__") and hasattr(array, "__array__"):
        array = array.__array__()
    if not hasattr(array, "__array_interface__"):
        name = type(array).__name__
        raise SourceError(
            f"a {name} is no picture: pass a path, bytes, an open file, a PIL image or an array."
        )
    from PIL import Image

    shape = tuple(int(side) for side in array.__array_interface__["shape"])
    channels = shape[2] if len(shape) == 3 else 1
    if len(shape) not in (2, 3) or 0 in shape or channels not in (1, 2, 3, 4):
        raise SourceError(f"an array of shape {list(shape)} is no picture: pass [H, W] or [H, W, 1 to 4].")
    mode = ("L", "LA", "RGB", "RGBA")[channels - 1]
    return Image.frombytes(mode, (shape[1], shape[0]), _samples(array))


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
