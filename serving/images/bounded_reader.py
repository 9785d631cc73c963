"""A file in memory with a limit on the number of reads.

Pillow reads chunks, segments, extension blocks and tags one by one, in Python. A file of ten million bytes
can contain a million of them, and some lists grow faster than the file. Real pictures have far fewer.
"""

from __future__ import annotations

from io import BytesIO

MOST_READS = 100_000


class ReadTooOften(OSError):
    """A file with more pieces than any picture has."""


class BoundedReader(BytesIO):
    """The bytes of an upload; raises ``ReadTooOften`` when read more than ``MOST_READS`` times."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        """See ``io.BytesIO``."""
        self._left -= 1
        if self._left < 0:
            raise ReadTooOften(f"read more than {MOST_READS:,} times")
        return super().read(size)
