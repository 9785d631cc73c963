"""Where a request's body waits until it is complete, and how much all bodies together may take."""

from __future__ import annotations

import io
from tempfile import TemporaryFile
from typing import IO

from serving.errors import NoRoom
from serving.gateway.server.limits import ServerLimits

SMALL_BODY = 16_384
"""A body of at most this many bytes is accepted, and stays in memory, whatever else is being uploaded."""


class Budget:
    """Bytes of bodies held for all requests of one worker.

    Attributes:
        used: in memory and in files.
        in_memory: in memory only.
    """

    def __init__(self) -> None:
        self.used = self.in_memory = 0


class Body:
    """The bytes of one body: in memory while memory lasts, then in a temporary file.

    Use it as a context manager; leaving it frees the bytes.
    """

    def __init__(self, limits: ServerLimits, budget: Budget) -> None:
        self._limits, self._budget = limits, budget
        self._file: IO[bytes] = io.BytesIO()
        self._in_memory = True
        self.size = 0

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def discard(self) -> None:
        """Free the bytes."""
        self._count(-self.size)
        self._file.close()

    def write(self, piece: bytes) -> None:
        """Add bytes.

        Raises:
            NoRoom: all bodies together are too large, or the disk is full.
        """
        self._count(len(piece))
        if self.size > SMALL_BODY and self._budget.used > self._limits.buffered_bytes:
            raise NoRoom("Too many uploads are under way. Try again in a moment.", retry_after=1)
        try:
            if self._in_memory and self.size > SMALL_BODY and self._is_crowded():
                self._move_to_file()
            self._file.write(piece)
        except OSError as error:
            raise NoRoom("There is no room for this upload. Try again in a moment.", retry_after=1) from error

    def opened(self) -> IO[bytes]:
        """The body as a file, positioned at its beginning."""
        self._file.seek(0)
        return self._file

    def _is_crowded(self) -> bool:
        return self._budget.in_memory > self._limits.memory_bytes

    def _count(self, size: int) -> None:
        self.size += size
        self._budget.used += size
        if self._in_memory:
            self._budget.in_memory += size

    def _move_to_file(self) -> None:
        spooled = TemporaryFile(prefix="upload-")  # noqa: SIM115 - closed on exit
        spooled.write(self.opened().read())
        self._file.close()
        self._file = spooled
        self._budget.in_memory -= self.size
        self._in_memory = False
