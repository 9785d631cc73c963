"""Decoding of an upload to a ``Picture``: limits first, then only as much decoding as is needed.

Nothing larger than ``Limits`` is decoded. A picture larger than recognition needs is reduced as early as its
format allows: a JPEG during decoding (a 12-megapixel photograph never exists in full), others right after.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from serving.errors import TooLarge, UnreadableImage
from serving.images import jpeg, plain_png
from serving.images.colour import LEAST_LUMINANCE, luminance_range, to_picture
from serving.images.damage import read_from, unreadable
from serving.images.formats import open_image, sniff
from serving.images.orientation import turned
from serving.images.picture import Detail, Limits, Picture
from serving.images.shrink import halved, shrunk

MOST_FRAMES = 100
"""The number of frames of an animation that are searched for one that is not blank."""
_BLANK_RANGE = 8

Admit = Callable[[int], None]
"""Takes the number of pixels; raises to refuse the picture."""


def decode(
    data: bytes,
    limits: Limits,
    admit: Admit = lambda _: None,
    detail: Detail = Detail(),  # noqa: B008 - immutable
) -> Picture:
    """Decode an uploaded picture.

    Args:
        data: the whole file.
        limits: the largest allowed sizes.
        admit: called once the size is known and allowed.
        detail: the size and colour that the recipe needs.

    Returns:
        The first frame that is not blank, upright and no larger than ``detail``.

    Raises:
        TooLarge: if the file has more bytes or pixels than allowed; nothing has been decoded.
        UnsupportedImage: if the format is not accepted.
        UnreadableImage: if the file is damaged, truncated, or not of the format that its first bytes claim.
    """
    if len(data) > limits.max_bytes:
        raise TooLarge(
            f"The file has {len(data):,} bytes; {limits.max_bytes:,} are allowed. Send a smaller one."
        )
    plain = _plain(data, limits, admit, detail)
    if plain is not None:
        return plain
    name = sniff(data)
    with read_from(name):
        files = jpeg.completions(data) if name == "JPEG" else (data,)
    pictures = [_decoded(file, name, limits, admit, detail) for file in files]
    if any(not np.array_equal(picture.grey, pictures[0].grey) for picture in pictures):
        raise unreadable(name)  # the scan is truncated
    return pictures[0]


def _plain(data: bytes, limits: Limits, admit: Admit, detail: Detail) -> Picture | None:
    """Decode a plain PNG; None for any other file, or if something is wrong with it."""
    size = plain_png.size_of(data)
    if size is None or size[0] * size[1] > limits.max_pixels or _working_size(size, detail) != size:
        return None
    admit(size[0] * size[1])
    grey = plain_png.pixels_of(data, size)
    return None if grey is None else Picture(grey)


def _decoded(data: bytes, name: str, limits: Limits, admit: Admit, detail: Detail) -> Picture:
    with _opened(data, name) as image:
        _check_size(image, limits)
        admit(image.width * image.height)
        if name != "JPEG":
            return _first_shown(image, limits, detail)
        picture = _read(image, detail, grey=not detail.colour)
        if detail.colour or image.mode != "L" or luminance_range(picture.grey) >= LEAST_LUMINANCE:
            return picture
    # Ink and background may differ in colour only.
    with _opened(data, name) as again:
        return _read(again, detail)


def _opened(data: bytes, name: str) -> Image.Image:
    with read_from(name):
        return open_image(data, name)


def _check_size(image: Image.Image, limits: Limits) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise UnreadableImage("The picture has no pixels.")
    if width * height > limits.max_pixels:
        raise TooLarge(
            f"The picture is {width:,} x {height:,} pixels; {limits.max_pixels:,} in all are allowed."
            " Send a smaller one."
        )


def _first_shown(image: Image.Image, limits: Limits, detail: Detail) -> Picture:
    """Read the first frame that is not blank; the first frame if all are blank."""
    first = picture = _read(image, detail)
    frames = min(MOST_FRAMES, limits.max_pixels // (image.width * image.height))
    for number in range(2, frames + 1):
        if not _is_blank(picture) or not getattr(image, "is_animated", False):
            break
        try:
            with read_from(image.format or "animated"):
                image.seek(number - 1)
        except UnreadableImage:
            return first
        picture = _read(image, detail, (f"frame {number}",))
    return first if _is_blank(picture) else picture


def _is_blank(picture: Picture) -> bool:
    channels = [picture.grey] if picture.rgb is None else [picture.rgb[..., index] for index in range(3)]
    if picture.alpha is not None:
        channels.append(picture.alpha)
    return all(int(np.ptp(channel)) < _BLANK_RANGE for channel in channels)


def _read(image: Image.Image, detail: Detail, steps: tuple[str, ...] = (), *, grey: bool = False) -> Picture:
    """Decode, reduce, convert, and turn upright."""
    full = image.size
    target = _working_size(full, detail)
    with read_from(image.format or "picture"):
        if isinstance(image, JpegImageFile) and (grey or target != full):
            image.draft("L" if grey else None, target)
        image.load()
    if target != full:
        steps = (*steps, "reduced")
        image = halved(image, target)
    picture = replace(to_picture(image, steps), sent_size=full)
    return turned(shrunk(picture, target), image)


def _working_size(size: tuple[int, int], detail: Detail) -> tuple[int, int]:
    """Return the size to reduce a picture to: its own, or a smaller one with the same proportions."""
    scale = min(math.sqrt(detail.pixels / (size[0] * size[1])), detail.side / max(size))
    if scale >= 1:
        return size
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
