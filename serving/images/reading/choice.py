"""The best reading of a line: the cheapest way through its lattice.

Each candidate costs what the classifier holds against it, and dynamic programming finds the least sum, as in
Matan et al., "Multi-digit recognition using a space displacement neural network" (1992).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from serving.images.reading.segmentation import Line, Segmentation

LARGE = 4.0
"""What it costs at least to leave out something that is as large as a digit."""

_SPECK, _LEFT_OUT = -1, -2
_LEAST_PROBABILITY = 1e-6
_WARY = 4.5
"""How far below the threshold of doubt a candidate's score begins to cost: parts of digits score higher, and
nine of ten digits lower."""


class Chosen(NamedTuple):
    """The best reading.

    Attributes:
        lines: for each line that has any marks, the numbers of its candidates from left to right.
        doubtful: whether something as large as a digit was taken for none, or touching digits were cut.
    """

    lines: list[list[int]]
    doubtful: bool


def cost_of(probability: float, score: float | None, ood_above: float | None) -> float:
    """The cost of a candidate: the negative log-likelihoods of its class and of its being a digit.

    Args:
        probability: of its most probable class.
        score: its ``ood_score``, if the model has one.
        ood_above: the score's threshold of doubt, if there is one.
    """
    cost = -math.log(max(probability, _LEAST_PROBABILITY))
    if score is None or ood_above is None:
        return cost
    strange = score - ood_above + _WARY
    return cost + max(strange, 0.0) + math.log1p(math.exp(-abs(strange)))


def choose(segmentation: Segmentation, costs: Sequence[float]) -> Chosen:
    """Choose the marks of each line.

    Args:
        segmentation: what was found on the picture.
        costs: for each candidate its ``cost_of``.
    """
    paths = [_best(line, costs) for line in segmentation.lines]
    return Chosen([path for path, _ in paths if path], any(doubtful for _, doubtful in paths))


def _best(line: Line, costs: Sequence[float]) -> tuple[list[int], bool]:
    """The cheapest path by Viterbi's algorithm, and whether it is doubtful, see ``Chosen``."""
    ending: list[list[tuple[float, int, int]]] = [[] for _ in range(line.length + 1)]
    for start, stop, cost in line.skips:
        ending[stop].append((cost, start, _LEFT_OUT if cost >= LARGE else _SPECK))
    for start, stop, candidate, penalty, _ in line.spans:
        ending[stop].append((costs[candidate] + penalty, start, candidate))
    best, back = [0.0], [(0, _SPECK)]
    for steps in ending[1:]:
        cost, start, candidate = min(
            (best[start] + cost, start, candidate) for cost, start, candidate in steps
        )
        best.append(cost)
        back.append((start, candidate))
    uncertain = {_LEFT_OUT, *(span.candidate for span in line.spans if span.doubtful)}
    taken, place = [], line.length
    while place:
        place, candidate = back[place]
        taken.append(candidate)
    return [candidate for candidate in reversed(taken) if candidate >= 0], bool(uncertain & set(taken))
