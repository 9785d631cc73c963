"""The best reading of a line: the cheapest way through its lattice.

Each candidate costs what the classifier holds against it, and dynamic programming finds the least sum, as in
Matan et al., "Multi-digit recognition using a space displacement neural network" (1992).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from serving.images.reading.segmentation import Line, Segmentation

LARGE = 4.0
"""What it costs at least to leave out something that is as large as a digit."""


class Chosen(NamedTuple):
    """The best reading.

    Attributes:
        lines: for each line that has any marks, the numbers of its candidates from left to right.
        left_out: whether something as large as a digit was taken for none.
    """

    lines: list[list[int]]
    left_out: bool


def choose(segmentation: Segmentation, costs: Sequence[float]) -> Chosen:
    """Choose the marks of each line.

    Args:
        segmentation: what was found on the picture.
        costs: for each candidate a negative log-likelihood that it is one digit.
    """
    paths = [_best(line, costs) for line in segmentation.lines]
    return Chosen([path for path, _ in paths if path], any(left_out for _, left_out in paths))


def _best(line: Line, costs: Sequence[float]) -> tuple[list[int], bool]:
    """The cheapest path by Viterbi's algorithm, and whether it leaves out what may have been a digit."""
    ending: list[list[tuple[int, int, float]]] = [[] for _ in range(len(line.skips) + 1)]
    for span in line.spans:
        ending[span.stop].append((span.start, span.candidate, costs[span.candidate] + span.penalty))
    best, back = [0.0], [(0, -1)]
    for place, skip in enumerate(line.skips, start=1):
        steps = [(best[place - 1] + skip, place - 1, -1)]
        steps += [(best[start] + cost, start, candidate) for start, candidate, cost in ending[place]]
        cost, start, candidate = min(steps)
        best.append(cost)
        back.append((start, candidate))
    chosen, place, left_out = [], len(line.skips), False
    while place:
        before, candidate = back[place]
        if candidate >= 0:
            chosen.append(candidate)
        elif line.skips[place - 1] >= LARGE:
            left_out = True
        place = before
    return chosen[::-1], left_out
