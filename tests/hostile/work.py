"""Files within every limit of size that ask for far more work than a picture is worth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.hostile.case import Case
from tests.hostile.pictures import (
    after_jpeg_start,
    after_png_header,
    drawing,
    encoded,
    jpeg_segment,
    png_chunk,
    sound,
)


def cases() -> Iterator[Case]:
    """All of them."""
    yield Case("JPEG of 10,000 scans", many_scans(10_000))
    yield Case("JPEG of 130,000 EXIF segments", many_exif_segments(130_000))
    yield Case("JPEG of 9 MB of fill bytes", after_jpeg_start(b"\xff" * 9_000_000))
    yield Case("JPEG that ends in 9 MB of fill bytes", sound("JPEG")[:-2] + b"\xff" * 9_000_000)
    yield Case("JPEG of 2 million comments", after_jpeg_start(jpeg_segment(0xFE, b"") * 2_000_000))
    yield Case("PNG of 800,000 chunks", after_png_header(png_chunk(b"abCd", b"") * 800_000))
    yield Case("PNG of 500,000 texts", after_png_header(png_chunk(b"tEXt", b"a\0") * 500_000))
    yield Case("GIF of a million comments", _before_gif_frame(b"\x21\xfe\x01x\x00" * 1_000_000))
    yield Case("GIF of 9 MB between blocks", _before_gif_frame(bytes(9_000_000)))
    yield Case("a ladder of dots", encoded(Image.fromarray(ladder(707, 707)), "PNG"))
    yield Case("a long ladder of dots", encoded(Image.fromarray(ladder(4000, 125)), "PNG"))
    yield from _frames()


def many_scans(count: int, side: int = 5_000) -> bytes:
    """A progressive JPEG that says the same few bytes again and again."""
    whole = encoded(Image.new("L", (side, side), 128), "JPEG", progressive=True, quality=50)
    shortest = min(_scans(whole)[1:], key=len)
    return whole[:-2] + shortest * count + b"\xff\xd9"


def many_exif_segments(count: int) -> bytes:
    """A JPEG whose EXIF comes in small pieces."""
    return after_jpeg_start(jpeg_segment(0xE1, b"Exif\0\0" + bytes(64)) * count)


def ladder(height: int, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """A page of dots, in their middle a block and rungs that lead up from it, each in reach of the last.

    Gathering what belongs to the block finds one rung more each time it looks through all dots.
    """
    page = np.full((height, width), 255, np.uint8)
    margin = max(6, round(0.03 * min(height, width)) + 2)
    page[margin:-margin:2, margin:-margin:2] = 0
    middle, foot = width // 2, height // 2 - 5
    page[:, middle - 7 : middle + 7] = 255
    page[foot : foot + 10, middle - 3 : middle + 3] = 0
    page[range(foot, margin, -3), middle] = 0
    return page


def _scans(whole: bytes) -> list[bytes]:
    """The scans of a JPEG, each from its marker to the next marker."""
    found = []
    at = whole.find(b"\xff\xda")
    while at >= 0:
        end = at + 2
        while not (whole[end] == 0xFF and whole[end + 1] not in (0, *range(0xD0, 0xD8))):
            end += 1
        found.append(whole[at:end])
        at = whole.find(b"\xff\xda", end)
    return found


def _before_gif_frame(blocks: bytes) -> bytes:
    whole = sound("GIF")
    at = whole.index(b",\0\0\0\0")
    return whole[:at] + blocks + whole[at:]


def _frames() -> Iterator[Case]:
    """Thousands of frames, of which the first is wanted."""
    first = drawing("RGB")
    others = [Image.new("RGB", (48, 48), (tone % 256, tone // 256, 90)) for tone in range(2_000)]
    for name, count in (("GIF", 2_000), ("PNG", 2_000), ("WEBP", 500), ("TIFF", 1_000)):
        data = encoded(first, name, save_all=True, append_images=others[:count])
        yield Case(f"{name} of {count:,} frames", data)
