"""What a JPEG's markers say of the work it will make, before any of it is done.

A progressive JPEG may go over its pixels in as many scans as it likes, each of a few bytes: 9 MB of scans
of 25 million pixels keep libjpeg busy for minutes, and nothing can stop it once it has begun. Segments cost
less, but Pillow joins all that hold EXIF, one at a time, in time that grows with the square of their number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_SCANS = 100
"""Encoders write about ten; the most that any is known to write is a few dozen."""
MOST_SEGMENTS = 500
"""A colour profile takes 255 at most, extended XMP of 10 MB 160, everything else a few."""

_FIRST = 0xFF
_IS_MARKER = np.ones(256, np.bool_)
_IS_MARKER[[0x00, 0xFF, *range(0xD0, 0xD8)]] = False
_SCAN, _END = 0xDA, 0xD9
_END_MARKER = b"\xff\xd9"
# Noise without 0xFF, which would be read as a marker: what is missing of a scan shows it, in two ways.
_TAILS = tuple(np.random.default_rng(seed).integers(0, 255, 4096, np.uint8).tobytes() for seed in (1, 2))
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
    return tuple(data + tail + _END_MARKER for tail in _TAILS)


def _ends(data: bytes) -> bool:
    """Whether there is an end marker; scans and segments are counted up to it, what follows is ignored."""
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
    """Where markers may begin: 0xFF, then no stuffed zero, no restart within a scan, no fill byte."""
    values = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(values[:-1] == _FIRST)
    following = values[places + 1]
    return places[_IS_MARKER[following]]
