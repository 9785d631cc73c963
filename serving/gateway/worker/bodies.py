"""Where a request's body is kept until it is complete, and how much all of them may take."""

from __future__ import annotations

import io
import shutil
import tempfile
from typing import IO

from serving.gateway.worker.limits import SMALL_BODY, Limits
from serving.gateway.worker.refusals import NO_ROOM, Refused, too_large


class Budget:
    """Bytes held for all connections of one worker.

    Attributes:
        used: in memory and in files.
        in_memory: in memory only.
    """

    def __init__(self) -> None:
        self.used = 0
        self.in_memory = 0


class Body:
    """The bytes of one body: in memory while few, in a temporary file when many."""

    def __init__(self, limits: Limits, budget: Budget) -> None:
        self._limits = limits
        self._budget = budget
        self._in_memory = True
        self._file: IO[bytes] = io.BytesIO()
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Add bytes.

        Raises:
            Refused: when the body or all bodies together grow too large.
        """
        self._count(len(piece))
        if self.size > self._limits.request_bytes:
            raise Refused(too_large(self._limits.request_bytes))
        if self.size > SMALL_BODY and self._budget.used > self._limits.buffered_bytes:
            raise Refused(NO_ROOM)
        try:
            if self._in_memory and self._belongs_in_file():
                self._move_to_file()
            self._file.write(piece)
        except OSError as error:
            raise Refused(NO_ROOM) from error

    def opened(self) -> IO[bytes]:
        """The body as a file to be read from its beginning."""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Give the bytes back; harmless when done twice."""
        self._count(-self.size)
        self._file.close()

    def _count(self, size: int) -> None:
        self.size += size
        self._budget.used += size
        if self._in_memory:
            self._budget.in_memory += size

    def _belongs_in_file(self) -> bool:
        crowded = self._budget.in_memory > self._limits.memory_bytes
        return self.size > (SMALL_BODY if crowded else self._limits.spool_bytes)

    def _move_to_file(self) -> None:
        written = self._file
        self._file = tempfile.TemporaryFile(prefix="upload-")  # noqa: SIM115 - closed in close()
        self._budget.in_memory -= self.size
        self._in_memory = False
        written.seek(0)
        shutil.copyfileobj(written, self._file)
        written.close()
