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

# Fill bytes, then a marker: not a stuffed zero, not a restart within a scan.
_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
_SCAN, _END = 0xDA, 0xD9
_END_MARKER = b"\xff\xd9"
_TAILS, _TAIL_BYTES = (b"\x00", b"\xaa"), 64
_WITHOUT_LENGTH = frozenset({0x01, 0xD8, 0xD9})


class TooMuchWork(ValueError):
    """More scans or segments than any picture has."""


def completions(data: bytes) -> tuple[bytes, ...]:
    """The file itself; two guesses at its end where the end marker is missing.

    A decoder fills up what is missing of a scan. If the two files show the same, nothing was missing: bytes
    between the end of a whole scan and the marker are skipped.

    Args:
        data: a JPEG file, its signature included.

    Raises:
        TooMuchWork: more scans or segments than any picture has.
    """
    if _ends(data):
        return (data,)
    return tuple(data + tail * _TAIL_BYTES + _END_MARKER for tail in _TAILS)


def _ends(data: bytes) -> bool:
    """Whether there is an end marker; scans and segments are counted up to it, what follows is ignored."""
    position, scans, segments = 2, 0, 0
    while match := _MARKER.search(data, position):
        marker, position = match[1][0], match.end()
        if marker == _END and scans:
            return True
        segments += 1
        scans += marker == _SCAN
        if scans > MOST_SCANS or segments > MOST_SEGMENTS:
            raise TooMuchWork(f"{scans} scans, {segments} segments")
        if marker not in _WITHOUT_LENGTH:
            position += max(2, int.from_bytes(data[position : position + 2], "big"))
    return False
