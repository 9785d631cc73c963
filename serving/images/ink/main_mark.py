"""The main mark of a page, and the components that belong to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serving.images.ink.components import Component, Components, components_of

_RIVAL = 0.35
_RIVAL_SIZE = 0.4
_LEAST_MASS = 0.015
_TALL = 0.55
_APART = 0.3


@dataclass(frozen=True)
class Mark:
    """The main mark.

    Attributes:
        mask: uint8, 255 on ink, cropped to the box around the mark.
        left: first column of the box on the page.
        top: first row of the box on the page.
        alone: whether no other mark on the page could be the main one.
    """

    mask: NDArray[np.uint8]
    left: int
    top: int
    alone: bool

    @property
    def size(self) -> int:
        """The longer side of the box."""
        return int(max(self.mask.shape))


def main_mark(
    mask: NDArray[np.uint8],
    dark: NDArray[np.uint8],
    page: tuple[int, int] | None = None,
    origin: tuple[int, int] = (0, 0),
) -> Mark | None:
    """Choose the main mark: it has much ink and lies near the middle, not along the border.

    If a component surrounds another one, such as a box or a ring around a digit, the inner one is chosen.

    Args:
        mask: uint8 ``[H, W]``, 255 on ink.
        dark: uint8 ``[H, W]``, the darkness of the ink.
        page: height and width of the page, if the mask is of a part of it.
        origin: row and column on the page of the mask's first pixel.

    Returns:
        The mark with the components that belong to it, or None if there is no ink.
    """
    found = components_of(mask, dark, page, origin)
    if not found.parts:
        return None
    main = _innermost(found, max(found.parts, key=lambda part: part.score))
    parts = [part for part in found.parts if part is main or not found.surrounds(part, main)]
    chosen = _gather(main, parts)
    others = [part for part in parts if part not in chosen]
    alone = not any(_is_rival(part, main) for part in others) and not _stand_side_by_side(chosen)
    left, top = min(part.left for part in chosen), min(part.top for part in chosen)
    right, bottom = max(part.right for part in chosen), max(part.bottom for part in chosen)
    labels = found.labels_in(left, top, right, bottom)
    return Mark(mask_of(chosen, labels, found.count), left, top, alone)


def mask_of(chosen: list[Component], labels: NDArray[np.int32], count: int) -> NDArray[np.uint8]:
    """Return a mask of some components, uint8, 255 on their labels; ``count`` is the number of labels."""
    if len(chosen) == 1:
        return (labels == chosen[0].number).view(np.uint8) * np.uint8(255)
    lookup = np.zeros(count + 1, np.uint8)
    lookup[[part.number for part in chosen]] = 255
    return lookup.take(labels)


def _innermost(found: Components, main: Component) -> Component:
    """Return the content of a box or ring, or of the box inside it, and so on."""
    inside = found.inside(main)
    return _innermost(found, max(inside, key=lambda part: part.score)) if inside else main


def _is_rival(part: Component, main: Component) -> bool:
    return part.score > _RIVAL * main.score and part.size > _RIVAL_SIZE * main.size


def _gather(main: Component, parts: list[Component]) -> list[Component]:
    """Collect the main component and those near it, until no more join."""
    top, bottom, left, right = main.top, main.bottom, main.left, main.right
    chosen = [main]
    waiting = [
        part
        for part in parts
        if part is not main and part.mass >= _LEAST_MASS * main.mass and not (part.sides and not main.sides)
    ]
    grown = True
    while grown:
        grown = False
        for part in list(waiting):
            if _belongs(part, top, bottom, left, right, max(main.size, part.size)):
                chosen.append(part)
                waiting.remove(part)
                top, bottom = min(top, part.top), max(bottom, part.bottom)
                left, right = min(left, part.left), max(right, part.right)
                grown = True
    return chosen


def _belongs(part: Component, top: int, bottom: int, left: int, right: int, size: int) -> bool:
    """Return whether a part is close to a box, or completes it to the proportions of a digit."""
    gap_y = max(part.top - bottom, top - part.bottom, 0)
    gap_x = max(part.left - right, left - part.right, 0)
    if gap_y <= 0.2 * size and gap_x <= 0.1 * size:
        return True
    height = max(bottom, part.bottom) - min(top, part.top)
    width = max(right, part.right) - min(left, part.left)
    return gap_x == 0 and gap_y <= 0.45 * size and height <= 1.8 * width


def _stand_side_by_side(chosen: list[Component]) -> bool:
    """Return whether two tall components stand side by side, like two digits, unlike pieces of one digit."""
    height = max(part.bottom for part in chosen) - min(part.top for part in chosen)
    tall = [part for part in chosen if part.height >= _TALL * height]
    return any(
        min(one.right, other.right) - max(one.left, other.left) <= _APART * min(one.width, other.width)
        for index, one in enumerate(tall)
        for other in tall[index + 1 :]
    )
