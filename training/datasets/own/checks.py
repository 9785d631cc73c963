"""What makes a data set unfit to train on, found before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from training.datasets.own.preparing import Rejected, Usable
from training.errors import BadDataset

FEWEST_CLASSES, MOST_CLASSES = 2, 1_000
FEWEST_PICTURES = 10
"""In a class, over all parts."""
_SHOWN = 3


def check_rejected(rejected: Sequence[Rejected], total: int, most: float) -> None:
    """Refuse a data set of which too much cannot be used.

    Raises:
        BadDataset: naming the first of the pictures, for more than the part ``most`` of them.
    """
    if len(rejected) <= most * total:
        return
    shown = "\n".join(f"  {each.name}: {each.reason}" for each in rejected[:20])
    more = f"\n  and {len(rejected) - 20} more" if len(rejected) > 20 else ""
    raise BadDataset(
        f"{len(rejected)} of {total} pictures cannot be used, more than --max-bad {most:g} allows:\n"
        f"{shown}{more}"
    )


def check_classes(parts: Mapping[str, Usable], labels: Sequence[str]) -> None:
    """Refuse too few or too many classes, and classes with too few pictures.

    Raises:
        BadDataset: naming the classes.
    """
    if not FEWEST_CLASSES <= len(labels) <= MOST_CLASSES:
        raise BadDataset(
            f"there are {len(labels)} classes; a model can tell {FEWEST_CLASSES} to {MOST_CLASSES:,} apart"
        )
    if strange := [label for label in labels if not label.isprintable() or not label.strip()]:
        raise BadDataset(f"a class is called {strange[0]!a}, which cannot be shown; rename its folder")
    counts = dict.fromkeys(labels, 0)
    for usable in parts.values():
        for item in usable.items:
            counts[item.label] += 1
    few = {name: count for name, count in counts.items() if count < FEWEST_PICTURES}
    if few:
        listed = ", ".join(f"{name!r} has {count}" for name, count in list(few.items())[:_SHOWN])
        more = f" and {len(few) - _SHOWN} more classes have too few" if len(few) > _SHOWN else ""
        raise BadDataset(f"each class needs {FEWEST_PICTURES} usable pictures or more: {listed}{more}")


def without_copies(parts: Mapping[str, Usable], drop: bool) -> tuple[dict[str, Usable], list[Rejected]]:
    """The parts without pictures that they hold twice.

    Copies with one label inside a part are left out. A copy in another part, which would make the test set
    worth nothing, and a copy with another label are refused, or left out too: of the same picture in
    several parts the test set's stays, with several labels none.

    Args:
        parts: the pictures of each part; the later of two parts keeps a picture that both hold.
        drop: leave out instead of refusing.

    Raises:
        BadDataset: naming the first of them, unless ``drop``.
    """
    places: dict[bytes, list[tuple[str, int]]] = {}
    for part in reversed(list(parts)):
        for n, image in enumerate(parts[part].images):
            places.setdefault(image.tobytes(), []).append((part, n))
    several = [found for found in places.values() if len(found) > 1]
    clashing = [each for each in several if len({parts[part].items[n].label for part, n in each}) > 1]
    across = [each for each in several if len({part for part, _ in each}) > 1 and each not in clashing]
    if not drop:
        _refuse(parts, clashing, "have different labels and show the same picture")
        _refuse(parts, across, "lie in different parts of the data set and show the same picture")
    gone: dict[tuple[str, int], str] = {}
    for each in several:
        first = parts[each[0][0]].items[each[0][1]].name
        for place in each if each in clashing else each[1:]:
            other = (
                "the same picture has several labels" if each in clashing else f"the same picture as {first}"
            )
            gone[place] = other
    rejected = [Rejected(parts[part].items[n].name, reason) for (part, n), reason in sorted(gone.items())]
    return {part: _without(part, usable, gone) for part, usable in parts.items()}, rejected


def _refuse(parts: Mapping[str, Usable], found: list[list[tuple[str, int]]], what: str) -> None:
    if not found:
        return
    pairs = [" and ".join(parts[part].items[n].name for part, n in each[:2]) for each in found[:_SHOWN]]
    more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise BadDataset(
        f"{'; '.join(pairs)}{more} {what}: remove one of each, or pass --drop-duplicates to leave them out"
    )


def _without(part: str, usable: Usable, gone: Mapping[tuple[str, int], str]) -> Usable:
    kept = [n for n in range(len(usable.items)) if (part, n) not in gone]
    return Usable(usable.images[np.array(kept, np.int64)], tuple(usable.items[n] for n in kept))
