"""What a JPEG's markers say of the work it will make, before any of it is done.

A progressive JPEG may go over its pixels in as many scans as it likes, each of a few bytes: 9 MB of scans
of 25 million pixels keep libjpeg busy for minutes, and nothing can stop it once it has begun. Segments cost
less, but Pillow joins all that hold EXIF, one at a time, in time that grows with the square of their number.
"""

from __future__ import annotations

import re

MOST_SCANS = 100
"""Encoders write about ten; the most that any is known to write is a few dozen."""
MOST_SEGMENTS = 500
"""A colour profile takes 255 at most, extended XMP of 10 MB 160, everything else a few."""

# The last fill byte, then a marker: not a stuffed zero, not a restart within a scan.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_SCAN, _END = 0xDA, 0xD9
_WITHOUT_LENGTH = frozenset({0x01, 0xD8, 0xD9})


class TooMuchWork(ValueError):
    """More scans or segments than any picture has."""


def check_work(data: bytes) -> None:
    """Count scans and segments up to the end of the picture; what follows it is never looked at.

    Args:
        data: a whole JPEG file, its signature included.

    Raises:
        TooMuchWork: as soon as there are too many.
    """
    position, scans, segments = 2, 0, 0
    while match := _MARKER.search(data, position):
        marker, position = match[1][0], match.end()
        if marker == _END and scans:
            return
        segments += 1
        scans += marker == _SCAN
        if scans > MOST_SCANS or segments > MOST_SEGMENTS:
            raise TooMuchWork(f"{scans} scans, {segments} segments")
        if marker not in _WITHOUT_LENGTH:
            position += max(2, int.from_bytes(data[position : position + 2], "big"))
