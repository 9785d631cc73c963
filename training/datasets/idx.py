"""The IDX format of LeCun et al.: a big-endian header, then the bytes of an array.

Magic 2051 is images (count, rows, columns follow), magic 2049 labels (count follows). Files may be gzipped.
"""

from __future__ import annotations

import gzip
import hashlib
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.errors import CorruptDataset

_MAGIC_BY_DIMENSIONS = {1: 2049, 3: 2051}


def read(path: Path, dimensions: int, sha256: str | None = None) -> NDArray[np.uint8]:
    """Read and check one file.

    Args:
        path: plain or gzipped (recognised by its first bytes, not its name).
        dimensions: 3 for images ``[N, rows, columns]``, 1 for labels ``[N]``.
        sha256: of the uncompressed content; None leaves it unchecked.

    Raises:
        CorruptDataset: naming the file, what was expected and what was found.
    """
    content = _content(path)
    array = decode(content, dimensions, name=str(path))
    if sha256 is not None:
        check_sha256(content, sha256, name=str(path))
    return array


def decode(content: bytes, dimensions: int, name: str) -> NDArray[np.uint8]:
    """The array in uncompressed IDX content; ``name`` is for the error.

    Raises:
        CorruptDataset: for a wrong magic number or a length that the header does not announce.
    """
    header_size = 4 * (1 + dimensions)
    if len(content) < header_size:
        raise CorruptDataset(
            f"{name}: expected a header of {header_size} bytes, found {len(content)} bytes in all"
        )
    magic, *shape = struct.unpack(f">{1 + dimensions}I", content[:header_size])
    if magic != _MAGIC_BY_DIMENSIONS[dimensions]:
        raise CorruptDataset(
            f"{name}: expected magic number {_MAGIC_BY_DIMENSIONS[dimensions]}, found {magic}"
        )
    expected = header_size + int(np.prod(shape))
    if len(content) != expected:
        raise CorruptDataset(f"{name}: expected {expected:,} bytes of content, found {len(content):,}")
    return np.frombuffer(content, np.uint8, offset=header_size).reshape(shape)


def encode(array: NDArray[np.uint8]) -> bytes:
    """The IDX content of an array with one or three dimensions: the inverse of ``decode``."""
    header = struct.pack(f">{1 + array.ndim}I", _MAGIC_BY_DIMENSIONS[array.ndim], *array.shape)
    return header + np.ascontiguousarray(array, np.uint8).tobytes()


def check_sha256(content: bytes, expected: str, name: str) -> None:
    """Compare the checksum of uncompressed content.

    Raises:
        CorruptDataset: with both sums.
    """
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise CorruptDataset(f"{name}: expected content with SHA-256 {expected}, found {found}")


def _content(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorruptDataset(
            f"{path}: expected a whole gzip file, found one that breaks off ({error})"
        ) from error
    except OSError as error:
        raise CorruptDataset(f"{path}: cannot be read: {error.strerror or error}") from error
