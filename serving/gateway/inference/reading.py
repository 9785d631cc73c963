"""From pictures to numbers: find the marks, ask the model about each, choose the best reading."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from serving.contract import RECIPE_INK, Card
from serving.errors import InputError, ServiceError, UnusableImage
from serving.gateway.inference.batching import Batcher
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.inference.judgement import STATUSES, UNCERTAIN, Classified
from serving.gateway.inference.prediction import ConsistentPredictor
from serving.gateway.inference.preparation import Preparation
from serving.gateway.inference.servables import VersionRegistry
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.names import ModelRef
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.images import Prepared
from serving.images.reading import NO_DIGIT, Box, Segmentation, choose

_LEAST_PROBABILITY = 1e-6
_WARY = 4.5
"""How far below the threshold of doubt a candidate's score begins to cost: parts of digits score higher, and
nine of ten digits lower."""


@dataclass(frozen=True)
class ReadMark:
    """One digit that was read: the model's answer, and where the digit lies on the picture."""

    classified: Classified
    box: Box


@dataclass(frozen=True)
class Reading:
    """What was read on one picture.

    Attributes:
        lines: the marks, lines from top to bottom, marks from left to right.
        status: the worst status of any mark. It is also ``uncertain`` if something was left out that might be
            a digit, or if touching digits were cut.
    """

    lines: list[list[ReadMark]]
    status: str


@dataclass(frozen=True)
class Readings:
    """One request's answer: the version that gave it, and a reading or an error for each upload."""

    servable: ServedVersion
    results: list[Reading | ServiceError]


class Reader:
    """Reads the numbers on uploads.

    Args:
        servables: the versions and their cards.
        batcher: joins requests to calls.
        preparation: finds the marks.
        most_marks: maximum number of marks on one picture.
        most_together: maximum number of candidates in one call to the model.
    """

    def __init__(
        self,
        servables: VersionRegistry,
        batcher: Batcher,
        preparation: Preparation,
        *,
        most_marks: int,
        most_together: int,
    ) -> None:
        self._predictor = ConsistentPredictor(servables, batcher, most_together)
        self._preparation, self._most_marks = preparation, most_marks

    async def read(
        self, ref: ModelRef, uploads: Sequence[Upload], context: CallContext, stages: Stages
    ) -> Readings:
        """Read uploads with one version of a model.

        Raises:
            InputError: the model does not read digits.
            ServiceError: the whole request failed; an error of one upload is in the answer.
        """
        found: list[Segmentation | ServiceError] = []

        async def prepare(servable: ServedVersion) -> list[Prepared]:
            _check_recipe(servable)
            if not found:
                found.extend(await self._preparation.segment(uploads, self._most_marks, context, stages))
            return [
                candidate.prepared
                for each in found
                if isinstance(each, Segmentation)
                for candidate in each.candidates
            ]

        servable, classified = await self._predictor.predict(ref, prepare, context, stages)
        return Readings(servable, _readings(found, classified, servable.card))


def _check_recipe(servable: ServedVersion) -> None:
    if servable.card.recipe != RECIPE_INK:
        raise InputError(
            f"The model {servable.name!r} does not read numbers: it takes pictures as {servable.card.recipe}"
            f" prepares them, and reading needs {RECIPE_INK}. Use :classify for it."
        )


def _readings(
    found: Sequence[Segmentation | ServiceError], classified: Sequence[Classified], card: Card
) -> list[Reading | ServiceError]:
    answers = iter(classified)
    return [
        each
        if isinstance(each, ServiceError)
        else _reading(each, list(islice(answers, len(each.candidates))), card)
        for each in found
    ]


def _reading(
    segmentation: Segmentation, classified: Sequence[Classified], card: Card
) -> Reading | ServiceError:
    chosen = choose(segmentation, [_cost(each, card) for each in classified])
    if not chosen.lines:
        return UnusableImage(NO_DIGIT)
    lines = [
        [ReadMark(classified[index], segmentation.candidates[index].box) for index in line]
        for line in chosen.lines
    ]
    statuses = [mark.classified.status for line in lines for mark in line]
    if chosen.doubtful:
        statuses.append(UNCERTAIN)
    return Reading(lines, max(statuses, key=STATUSES.index))


def _cost(classified: Classified, card: Card) -> float:
    """The cost of a candidate: the negative log-likelihoods of its class and of its being a digit."""
    probability = float(classified.probabilities[classified.order[0]])
    cost = -math.log(max(probability, _LEAST_PROBABILITY))
    if classified.score is None or card.thresholds.ood_above is None:
        return cost
    strange = classified.score - card.thresholds.ood_above + _WARY
    return cost + max(strange, 0.0) + math.log1p(math.exp(-abs(strange)))
