"""Checks of own pictures, made before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from training.datasets.own.preparing import Rejected, Usable
from training.errors import BadDataset

FEWEST_CLASSES, MOST_CLASSES = 2, 1_000
FEWEST_PICTURES = 10
"""The fewest pictures of a class, over all parts."""
_SHOWN = 3


def check_rejected(rejected: Sequence[Rejected], total: int, most: float) -> None:
    """Refuse a data set with too many unusable pictures.

    Args:
        rejected: the unusable pictures.
        total: number of all pictures.
        most: share of them that may be unusable, 0..1.

    Raises:
        BadDataset: if there are more; the message names the first 20.
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
    """Refuse too few or too many classes, unprintable names, and classes with too few pictures.

    Args:
        parts: the pictures of each part.
        labels: the class names.

    Raises:
        BadDataset: if there are any; the message names the classes.
    """
    if not FEWEST_CLASSES <= len(labels) <= MOST_CLASSES:
        raise BadDataset(
            f"there are {len(labels)} classes; a model can have {FEWEST_CLASSES} to {MOST_CLASSES:,}"
        )
    if strange := [label for label in labels if not label.isprintable() or not label.strip()]:
        raise BadDataset(f"a class is called {strange[0]!a}, which cannot be printed; rename it")
    counts = dict.fromkeys(labels, 0)
    for usable in parts.values():
        for item in usable.items:
            counts[item.label] += 1
    few = {name: count for name, count in counts.items() if count < FEWEST_PICTURES}
    if few:
        listed = ", ".join(f"{name!r} has {count}" for name, count in list(few.items())[:_SHOWN])
        more = f" and {len(few) - _SHOWN} more classes have too few" if len(few) > _SHOWN else ""
        raise BadDataset(f"each class needs at least {FEWEST_PICTURES} usable pictures: {listed}{more}")


def without_copies(parts: Mapping[str, Usable], drop: bool) -> tuple[dict[str, Usable], list[Rejected]]:
    """Remove duplicate pictures.

    Copies with the same label in the same part are left out, except one. Copies in different parts would make
    the test set worthless, and copies with different labels contradict each other: both are refused or, with
    ``drop``, left out. Of copies in different parts, the one in the last part stays, so the test set keeps
    its own. Of copies with different labels, none stays.

    Args:
        parts: the pictures of each part, the test part last.
        drop: leave out copies instead of refusing the data set.

    Returns:
        The parts without duplicates, and the pictures left out.

    Raises:
        BadDataset: if there are copies to refuse; the message names the first of them.
    """
    places: dict[bytes, list[tuple[str, int]]] = {}
    for part in reversed(list(parts)):
        for n, image in enumerate(parts[part].images):
            places.setdefault(image.tobytes(), []).append((part, n))
    several = [found for found in places.values() if len(found) > 1]
    clashing = [each for each in several if len({parts[part].items[n].label for part, n in each}) > 1]
    across = [each for each in several if len({part for part, _ in each}) > 1 and each not in clashing]
    if not drop:
        _refuse(parts, clashing, "are the same picture with different labels")
        _refuse(parts, across, "are the same picture in different parts of the data set")
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
