"""What callers may pass (a path, bytes, an open file, a PIL image, an array), turned into uploads.

A small file is read when its batch is put together. A large one is only measured then, and is read in blocks
while it is being sent, so it is never in memory as a whole.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from client.errors import SourceError

SMALL = 64 * 1024
BLOCK = 64 * 1024
LARGEST_STREAM = 32 * 1024 * 1024


class Readable(Protocol):
    """An open binary file."""

    def read(self, size: int = ..., /) -> bytes:
        """Up to ``size`` bytes."""


Source: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | Any"


@dataclass(frozen=True, slots=True)
class Upload:
    """One picture, ready to be sent.

    Attributes:
        name: its name in results and messages.
        source: what the caller passed.
        size: bytes.
        data: the bytes, or None for a large file, which is read from ``path`` as it is sent.
    """

    name: str
    source: Any
    size: int
    data: bytes | None = None
    path: str = ""

    def blocks(self) -> Iterator[bytes]:
        """The bytes in blocks, ``size`` bytes in all.

        Raises:
            SourceError: the file went away or shrank since it was measured.
        """
        if self.data is not None:
            yield self.data
            return
        left = self.size
        try:
            with open(self.path, "rb", buffering=0) as file:
                while left and (block := file.read(min(BLOCK, left))):
                    left -= len(block)
                    yield block
        except OSError as error:
            raise _unreadable(self.path, error) from error
        if left:
            raise SourceError(f"{self.path!r} became shorter while it was being sent; send it again.")


def load(source: Source, name: str | None = None) -> Upload:
    """Turn what the caller passed into an upload.

    Raises:
        SourceError: it cannot be read.
    """
    if isinstance(source, (str, os.PathLike)):
        return _from_path(os.fspath(source), source, name)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_memory(bytes(source), source, name or "image")
    if hasattr(source, "read"):
        return _from_file(source, name)
    from client.pictures import png_from_object

    return _from_memory(png_from_object(source), source, name or "image")


def _from_path(path: str, source: Source, name: str | None) -> Upload:
    name = name or path
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
        try:
            size = _size(number)
            if size is not None and size > SMALL:
                return Upload(name, source, size, None, path)
            data = _read_regular(number, size) if size is not None else _read_stream(number, name)
        finally:
            os.close(number)
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise SourceError(f"{path!r} is no file name: {error}.") from error
    return _from_memory(data, source, name)


def _size(number: int) -> int | None:
    """Bytes of a regular file; None for a pipe or a device, which has to be read to know."""
    state = os.fstat(number)
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(21, "it is a folder, not a picture")
    return state.st_size if stat.S_ISREG(state.st_mode) else None


def _read_regular(number: int, size: int) -> bytes:
    """As many bytes as the file had when it was measured, nearly always in one call."""
    data = os.read(number, size)
    while len(data) < size and (more := os.read(number, size - len(data))):
        data += more
    return data


def _read_stream(number: int, name: str) -> bytes:
    with open(number, "rb", buffering=0, closefd=False) as file:
        return _read_all(file, LARGEST_STREAM, name)


def _from_file(file: Readable, name: str | None) -> Upload:
    label = name or str(getattr(file, "name", "image"))
    try:
        data = _read_all(file, LARGEST_STREAM, label)
    except OSError as error:
        raise _unreadable(label, error) from error
    return _from_memory(data, file, label)


def _read_all(file: Readable, limit: int, name: str) -> bytes:
    blocks, total = [], 0
    while block := file.read(BLOCK):
        if not isinstance(block, bytes):
            raise SourceError(f"{name!r} is open as text; open it in binary mode ('rb').")
        total += len(block)
        if total > limit:
            raise SourceError(f"{name!r} gives more than {limit:,} bytes; that is no picture to classify.")
        blocks.append(block)
    return blocks[0] if len(blocks) == 1 else b"".join(blocks)


def _from_memory(data: bytes, source: Source, name: str) -> Upload:
    if not data:
        raise SourceError(f"{name!r} is empty.")
    return Upload(name, source, len(data), data)


def _unreadable(path: str, error: OSError) -> SourceError:
    return SourceError(f"{path!r} cannot be read: {error.strerror or error}.")
