"""Bytes spoiled at random: cut, flipped, stuffed, doubled, crossed with others."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

Spoil = Callable[[random.Random, bytearray], None]

NUMBERS = tuple(
    value.to_bytes(size, order)
    for value in (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
    for size in (1, 2, 4)
    for order in ("big", "little")
    if value < 256**size
)


def damaged(random_: random.Random, whole: bytes, others: Sequence[bytes]) -> bytes:
    """One to four spoilings of a file.

    Args:
        random_: where chance comes from.
        whole: sound bytes.
        others: what it may be crossed with.
    """
    data = bytearray(whole)
    for _ in range(random_.randint(1, 4)):
        if random_.random() < 0.1:
            _cross(random_, data, random_.choice(others))
        else:
            random_.choice(SPOILINGS)(random_, data)
    return bytes(data)


def _cut(random_: random.Random, data: bytearray) -> None:
    del data[random_.randint(0, len(data)) :]


def _flip(random_: random.Random, data: bytearray) -> None:
    for _ in range(random_.randint(1, 8)):
        if data:
            data[random_.randrange(len(data))] ^= 1 << random_.randrange(8)


def _number(random_: random.Random, data: bytearray) -> None:
    # Headers decide most, so half of the numbers go there.
    at = random_.randint(0, min(len(data), 200) if random_.random() < 0.5 else len(data))
    number = random_.choice(NUMBERS)
    data[at : at + len(number)] = number


def _remove(random_: random.Random, data: bytearray) -> None:
    at = random_.randint(0, len(data))
    del data[at : at + random_.randint(1, 64)]


def _repeat(random_: random.Random, data: bytearray) -> None:
    at = random_.randint(0, len(data))
    piece = bytes(data[at : at + random_.randint(1, 64)])
    data[at:at] = piece * random_.randint(1, 16)


def _stuff(random_: random.Random, data: bytearray) -> None:
    at = random_.randint(0, len(data))
    data[at:at] = random_.randbytes(random_.randint(1, 64))


def _cross(random_: random.Random, data: bytearray, other: bytes) -> None:
    at = random_.randint(0, len(data))
    data[at:] = other[random_.randint(0, len(other)) :]


SPOILINGS: tuple[Spoil, ...] = (_cut, _flip, _flip, _number, _number, _remove, _repeat, _stuff)
