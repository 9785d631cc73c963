"""All hostile files, and as many damaged ones as are asked for; the same again for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.hostile import bombs, metadata, polyglots, shapes, work
from tests.hostile.case import Case
from tests.hostile.damage import damaged
from tests.hostile.pictures import FORMATS, sound, variety

SEED = 20_261_121


def files(*, costly: bool = True) -> Iterator[Case]:
    """Every hostile file that was thought of, and one of each format cut at every eighth.

    Args:
        costly: with those that take seconds to make: packed pictures, much work, thousands of frames.
    """
    yield from polyglots.cases()
    yield from shapes.cases()
    yield from metadata.cases()
    if costly:
        yield from bombs.cases()
        yield from work.cases()
    else:
        yield from bombs.stated()
    for name in FORMATS:
        whole = sound(name)
        yield from (Case(f"{name} cut at {part}/8", whole[: len(whole) * part // 8]) for part in range(8))


def damaged_files(count: int, seed: int = SEED) -> Iterator[Case]:
    """Sound pictures, spoiled at random."""
    random_, whole = random.Random(seed), variety()
    for number in range(count):
        yield Case(f"damaged {seed}/{number}", damaged(random_, random_.choice(whole), whole))
