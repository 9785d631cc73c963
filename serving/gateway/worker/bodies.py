"""Where a request's body is kept until it is complete, and how much all of them may take."""

from __future__ import annotations

import io
import tempfile
from typing import IO

from serving.gateway.worker.limits import SMALL_BODY, Limits
from serving.gateway.worker.refusals import NO_ROOM, Refused, too_large


class Budget:
    """Bytes held for all connections of one worker."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0


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
        self.size += len(piece)
        self._budget.used += len(piece)
        if self.size > self._limits.request_bytes:
            raise Refused(too_large(self._limits.request_bytes))
        if self.size > SMALL_BODY and self._budget.used > self._budget.limit:
            raise Refused(NO_ROOM)
        try:
            if self._in_memory and self.size > self._limits.spool_bytes:
                self._move_to_file()
            self._file.write(piece)
        except OSError as error:
            raise Refused(NO_ROOM) from error

    def _move_to_file(self) -> None:
        memory = self._file
        self._file = tempfile.TemporaryFile(prefix="upload-")  # noqa: SIM115 - closed in close()
        self._in_memory = False
        memory.seek(0)
        self._file.write(memory.read())
        memory.close()

    def opened(self) -> IO[bytes]:
        """The body as a file to be read from its beginning."""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Give the bytes back; harmless when done twice."""
        self._budget.used -= self.size
        self.size = 0
        self._file.close()
