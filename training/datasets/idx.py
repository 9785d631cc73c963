"""The IDX format of LeCun et al.: a big-endian header, then the bytes of an array.

The header starts with a magic number: 2051 for images, followed by count, rows and columns; 2049 for labels,
followed by the count. Files may be gzipped.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.errors import CorruptDataset

_MAGIC_BY_DIMENSIONS = {1: 2049, 3: 2051}


def read(path: Path, dimensions: int, sha256: str | None = None) -> NDArray[np.uint8]:
    """Read and check a file.

    Args:
        path: a plain or gzipped file, told apart by its first bytes.
        dimensions: 3 for images ``[N, rows, columns]``, 1 for labels ``[N]``.
        sha256: checksum of the uncompressed content; None skips the check.

    Returns:
        The array, uint8.

    Raises:
        CorruptDataset: if the content is wrong; the message names the file, what was expected and what found.
    """
    content = _content(path)
    array = decode(content, dimensions, name=str(path))
    if sha256 is not None:
        check_sha256(content, sha256, name=str(path))
    return array


def decode(content: bytes, dimensions: int, name: str) -> NDArray[np.uint8]:
    """Decode uncompressed IDX content.

    Args:
        content: header and data.
        dimensions: 3 for images ``[N, rows, columns]``, 1 for labels ``[N]``.
        name: name of the file, for the error message.

    Raises:
        CorruptDataset: if the magic number is wrong or the length does not match the header.
    """
    header_size = 4 * (1 + dimensions)
    if len(content) < header_size:
        raise CorruptDataset(
            f"{name}: expected a header of {header_size} bytes, found only {len(content)} bytes"
        )
    magic, *shape = struct.unpack(f">{1 + dimensions}I", content[:header_size])
    if magic != _MAGIC_BY_DIMENSIONS[dimensions]:
        raise CorruptDataset(
            f"{name}: expected magic number {_MAGIC_BY_DIMENSIONS[dimensions]}, found {magic}"
        )
    expected = header_size + math.prod(shape)
    if len(content) != expected:
        raise CorruptDataset(f"{name}: expected {expected:,} bytes of content, found {len(content):,}")
    return np.frombuffer(content, np.uint8, offset=header_size).reshape(shape)


def encode(array: NDArray[np.uint8]) -> bytes:
    """Encode a uint8 array of one or three dimensions as IDX content: the inverse of ``decode``."""
    header = struct.pack(f">{1 + array.ndim}I", _MAGIC_BY_DIMENSIONS[array.ndim], *array.shape)
    return header + np.ascontiguousarray(array, np.uint8).tobytes()


def check_sha256(content: bytes, expected: str, name: str) -> None:
    """Check the checksum of uncompressed content.

    Raises:
        CorruptDataset: if it differs; the message has both checksums.
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
            f"{path}: expected a complete gzip file, found a truncated or damaged one ({error})"
        ) from error
    except OSError as error:
        raise CorruptDataset(f"{path}: cannot be read: {error.strerror or error}") from error
