"""Limits on the work of decoding a JPEG, checked by its markers before decoding.

A progressive JPEG may have any number of scans over its pixels, of a few bytes each: 9 MB of scans of 25
million pixels keep libjpeg busy for minutes, and it cannot be interrupted. Segments take less time, but
Pillow joins all EXIF segments one at a time, in quadratic time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_SCANS = 100
"""The most scans of a file; encoders write about ten, and none is known to write more than a few dozen."""
MOST_SEGMENTS = 500
"""The most segments of a file; a colour profile has up to 255, extended XMP of 10 MB 160, the rest few."""

_FIRST = 0xFF
_IS_MARKER = np.ones(256, np.bool_)
_IS_MARKER[[0x00, 0xFF, *range(0xD0, 0xD8)]] = False
_SCAN, _END = 0xDA, 0xD9
_END_MARKER = b"\xff\xd9"
# Two different noises that a decoder shows in place of a missing part; 0xFF would be read as a marker.
_TAILS = tuple(np.random.default_rng(seed).integers(0, 255, 4096, np.uint8).tobytes() for seed in (1, 2))
_WITHOUT_LENGTH = frozenset({0x01, 0xD8, 0xD9})


class TooMuchWork(ValueError):
    """A file with more scans or segments than any picture has."""


def completions(data: bytes) -> tuple[bytes, ...]:
    """Return the file itself or, if its end marker is missing, the file with two different ends.

    A decoder ignores bytes between the end of a complete scan and the end marker, but decodes them in place
    of a missing part. So the scan is complete if both files decode to the same picture.

    Args:
        data: a JPEG file, including its signature.

    Raises:
        TooMuchWork: if it has more scans or segments than any picture.
    """
    if _ends(data):
        return (data,)
    return tuple(data + tail + _END_MARKER for tail in _TAILS)


def _ends(data: bytes) -> bool:
    """Return whether there is an end marker; count scans and segments up to it and ignore the rest.

    Raises:
        TooMuchWork: if there are too many.
    """
    segment_end, scans, segments = 2, 0, 0
    for position in _markers(data).tolist():
        marker = data[position + 1]
        if position < segment_end:
            continue
        if marker == _END and scans:
            return True
        segments += 1
        scans += marker == _SCAN
        if scans > MOST_SCANS or segments > MOST_SEGMENTS:
            raise TooMuchWork(f"{scans} scans, {segments} segments")
        segment_end = position + 2
        if marker not in _WITHOUT_LENGTH:
            segment_end += max(2, int.from_bytes(data[segment_end : segment_end + 2], "big"))
    return False


def _markers(data: bytes) -> NDArray[np.intp]:
    """Return where markers may start: at 0xFF not followed by a stuffed zero, restart or fill byte."""
    values = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(values[:-1] == _FIRST)
    following = values[places + 1]
    return places[_IS_MARKER[following]]
