"""Sources that callers may pass (a path, bytes, an open file, a PIL image, an array), turned into uploads.

A small file is read when its batch is filled. A large file is only measured then and read in blocks as it is
sent, so it is never in memory as a whole.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from client.errors import SourceError

SMALL = 64 * 1024
BLOCK = 64 * 1024
LARGEST_STREAM = 32 * 1024 * 1024

_PNG_MODES = frozenset({"1", "L", "LA", "I", "I;16", "P", "RGB", "RGBA"})


class Readable(Protocol):
    """An open binary file."""

    def read(self, size: int = ..., /) -> bytes:
        """Up to ``size`` bytes."""


Source: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | Any"


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture, ready to be sent.

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
            SourceError: the file disappeared or shrank since it was measured.
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
    """Turn a source into an upload.

    Args:
        source: a path, bytes, an open binary file, a PIL image or an array.
        name: its name in results; otherwise ``source_name``.

    Raises:
        SourceError: it cannot be read.
    """
    if isinstance(source, (str, os.PathLike)):
        return _from_path(os.fspath(source), source, name)
    name = name or source_name(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif hasattr(source, "read"):
        data = _read_all(source, name)
    else:
        data = png_from_object(source)
    return _from_memory(data, source, name)


def source_name(source: Source) -> str:
    """The name of a source in results: its path, or the ``name`` of an open file."""
    is_path = isinstance(source, str) or hasattr(source, "__fspath__")
    return str(source if is_path else getattr(source, "name", "image"))


def png_from_object(value: Any) -> bytes:  # noqa: ANN401 - known by its attributes, not by its class
    """Encode a PIL image or an array as PNG. NumPy is not needed: an array converts itself.

    Arrays are uint8 or bool ``[H, W]`` or ``[H, W, C]`` with 1 to 4 channels (grey, grey and alpha, RGB,
    RGBA), or floating point with values 0..1. Any object with ``__array_interface__`` or ``__array__`` is an
    array.

    Raises:
        SourceError: for any other object.
    """
    image = value if hasattr(value, "save") and hasattr(value, "mode") else _image_from_array(value)
    try:
        buffer = io.BytesIO()
        image = image if image.mode in _PNG_MODES else image.convert("RGB")
        image.save(buffer, format="PNG", compress_level=1)
    except (OSError, ValueError) as error:
        raise SourceError(f"the image cannot be written as PNG: {error}.") from error
    return buffer.getvalue()


def _image_from_array(array: Any) -> Any:  # noqa: ANN401
    if not hasattr(array, "__array_interface__") and hasattr(array, "__array__"):
        array = array.__array__()
    if not hasattr(array, "__array_interface__"):
        kind = type(array).__name__
        raise SourceError(
            f"a {kind} is not a picture: pass a path, bytes, an open file, a PIL image or an array."
        )
    from PIL import Image

    shape = tuple(int(side) for side in array.__array_interface__["shape"])
    channels = shape[2] if len(shape) == 3 else 1
    if len(shape) not in (2, 3) or 0 in shape or channels not in (1, 2, 3, 4):
        raise SourceError(f"an array of shape {list(shape)} is not a picture: pass [H, W] or [H, W, 1 to 4].")
    mode = ("L", "LA", "RGB", "RGBA")[channels - 1]
    return Image.frombytes(mode, (shape[1], shape[0]), _samples(array))


def _samples(array: Any) -> bytes:  # noqa: ANN401
    kind = array.__array_interface__["typestr"][1:]
    if kind == "u1":
        return bytes(array.tobytes())
    if kind == "b1":
        return bytes((array.astype("u1") * 255).tobytes())
    if not kind.startswith("f"):
        raise SourceError(f"an array of {array.dtype} is ambiguous: pass uint8 0..255 or floats 0..1.")
    if not bool(((array >= 0) & (array <= 1)).all()):
        raise SourceError("a floating point array must hold values 0..1; pass uint8 for 0..255.")
    return bytes((array * 255).round().astype("u1").tobytes())


def _from_path(path: str, source: Source, name: str | None) -> Upload:
    name = name or path
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
        try:
            size = _size(descriptor)
            if size is not None and size > SMALL:
                return Upload(name, source, size, None, path)
            if size is not None:
                data = _read_regular(descriptor, size)
            else:
                with open(descriptor, "rb", buffering=0, closefd=False) as stream:
                    data = _read_all(stream, name)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise SourceError(f"{path!r} is not a file name: {error}.") from error
    return _from_memory(data, source, name)


def _size(descriptor: int) -> int | None:
    """Bytes of a regular file; None for a pipe or a device, whose size is known only after reading."""
    state = os.fstat(descriptor)
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(21, "it is a folder, not a picture")
    return state.st_size if stat.S_ISREG(state.st_mode) else None


def _read_regular(descriptor: int, size: int) -> bytes:
    """Read as many bytes as the file had when it was measured, nearly always in one call."""
    data = os.read(descriptor, size)
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    return data


def _read_all(file: Readable, name: str) -> bytes:
    data = bytearray()
    try:
        while block := file.read(BLOCK):
            if not isinstance(block, bytes):
                raise SourceError(f"{name!r} is open as text; open it in binary mode ('rb').")
            data += block
            if len(data) > LARGEST_STREAM:
                raise SourceError(f"{name!r} has more than {LARGEST_STREAM:,} bytes, too many for a picture.")
    except OSError as error:
        raise _unreadable(name, error) from error
    return bytes(data)


def _from_memory(data: bytes, source: Source, name: str) -> Upload:
    if not data:
        raise SourceError(f"{name!r} is empty.")
    return Upload(name, source, len(data), data)


def _unreadable(path: str, error: OSError) -> SourceError:
    return SourceError(f"{path!r} cannot be read: {error.strerror or error}.")
