"""Where a request's body waits until it is complete, and how much all bodies together may take."""

from __future__ import annotations

import io
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from serving.errors import NoRoom
from serving.gateway.server.limits import ServerLimits

SMALL_BODY = 16_384
"""A body of at most this many bytes is accepted, and stays in memory, whatever else is being uploaded."""


@dataclass
class Budget:
    """Bytes of bodies held for all requests of one worker."""

    used: int = 0  # in memory and in files
    in_memory: int = 0


class Body:
    """The bytes of one body: in memory while memory lasts, then in a temporary file, until ``discard``.

    Attributes:
        size: how many there are.
        refusal: why they were thrown away, or None.
    """

    def __init__(self, limits: ServerLimits, budget: Budget) -> None:
        self._limits, self._budget = limits, budget
        self._file: IO[bytes] = io.BytesIO()
        self._in_memory = True
        self.size = 0
        self.refusal: NoRoom | None = None

    def discard(self) -> None:
        """Free the bytes."""
        self._count(-self.size)
        self._file.close()

    def write(self, piece: bytes) -> None:
        """Add bytes; without effect once all bodies together are too large, or the disk is full."""
        if self.refusal is not None:
            return
        self._count(len(piece))
        if self.size > SMALL_BODY and self._budget.used > self._limits.buffered_bytes:
            return self._refuse("Too many uploads are under way. Try again in a moment.")
        try:
            is_crowded = self._budget.in_memory > self._limits.memory_bytes
            if self._in_memory and is_crowded and self.size > SMALL_BODY:
                self._move_to_file()
            self._file.write(piece)
        except OSError:
            self._refuse("There is no room for this upload. Try again in a moment.")

    def opened(self) -> IO[bytes]:
        """The body as a file, positioned at its beginning."""
        self._file.seek(0)
        return self._file

    def _refuse(self, detail: str) -> None:
        self.refusal = NoRoom(detail, retry_after=1)
        self.discard()

    def _count(self, size: int) -> None:
        self.size += size
        self._budget.used += size
        if self._in_memory:
            self._budget.in_memory += size

    def _move_to_file(self) -> None:
        spooled = TemporaryFile(prefix="upload-")  # noqa: SIM115 - closed by discard
        spooled.write(self.opened().read())
        self._file = spooled
        self._budget.in_memory -= self.size
        self._in_memory = False
