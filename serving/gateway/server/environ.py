"""The WSGI environment (PEP 3333) of a request, and its body, which waits there until it is complete."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from tempfile import TemporaryFile
from typing import IO, Any

from serving.errors import NoRoom
from serving.gateway.server.limits import ServerLimits

SMALL_BODY = 16_384
"""A body of at most this many bytes is accepted, and stays in memory, whatever else is being uploaded."""
ARRIVED = "gateway.arrived"
"""Key of the monotonic time at which the request's first byte arrived, in seconds."""

Environ = dict[str, Any]

_CONSTANT: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": False,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}


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
            self._file.flush()  # or a full disk would be noticed only when the body is read
        except OSError:
            self._refuse("There is no room for this upload. Try again in a moment.")

    def opened(self) -> IO[bytes]:
        """The body as a file, positioned at its beginning."""
        self._file.seek(0)
        return self._file

    def _refuse(self, detail: str) -> None:
        self.refusal = NoRoom(detail, retry_after=1)
        with suppress(OSError):  # closing writes what is buffered
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


def environ_of(scope: dict[str, Any], body: Body) -> Environ:
    """The environment for an ASGI scope whose body is complete."""
    path, server, client = scope["path"], scope["server"] or ("", 0), scope["client"] or ("", 0)
    if not path.isascii():
        path = path.encode("utf-8", "surrogateescape").decode("latin-1")
    environ = {
        **_CONSTANT,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "wsgi.input": body.opened(),
        ARRIVED: scope["state"]["arrived"],
    }
    for name, value in scope["headers"]:
        key = _key(name)
        if key is not None:
            text = value.decode("latin-1")
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    if "HTTP_TRANSFER_ENCODING" in environ:  # the length is known by now
        environ["CONTENT_LENGTH"] = str(body.size)
        del environ["HTTP_TRANSFER_ENCODING"]
    return environ


@lru_cache(maxsize=256)
def _key(name: bytes) -> str | None:
    """The variable of a header; None for a name with an underscore, which could pass for another header's."""
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
