"""String tensors packed into ``tensor_content``: the lengths of all strings as varints, then their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

_MAX_SHIFT = 64  # a varint has at most ten bytes of seven bits


def pack(strings: Sequence[bytes]) -> bytes:
    """Pack strings."""
    return b"".join(_varint(len(string)) for string in strings) + b"".join(strings)


def unpack(content: bytes, count: int) -> list[bytes]:
    """Unpack ``count`` strings.

    Raises:
        ValueError: the lengths do not add up to the size of the content.
    """
    lengths, at = [], 0
    for _ in range(count):
        length, at = _read_varint(content, at)
        lengths.append(length)
    if len(content) - at != sum(lengths):
        raise ValueError("the lengths of the strings do not add up to the content's")
    return [content[start:end] for start, end in pairwise(accumulate(lengths, initial=at))]


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varint(content: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a position, and the position after it."""
    value = shift = 0
    while at < len(content) and shift < _MAX_SHIFT:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte <= 0x7F:
            return value, at
    raise ValueError("the length of a string is cut short")
