"""From pictures to numbers: find the marks, ask the model about each, choose the best reading."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from serving.contract import RECIPE_INK, Card
from serving.errors import InputError, ServiceError, UnusableImage
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.inference.classification import Answer, ConsistentPredictor
from serving.gateway.inference.judgement import STATUSES, UNCERTAIN, Classified
from serving.gateway.inference.preparation import Preparation
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.names import ModelRef
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.images import Prepared
from serving.images.reading import NO_DIGIT, Box, Segmentation, choose, cost_of


class ReadMark(NamedTuple):
    """One digit that was read: the model's answer, and where the digit lies on the picture."""

    classified: Classified
    box: Box


class Reading(NamedTuple):
    """What was read on one picture.

    Attributes:
        lines: the marks, lines from top to bottom, marks from left to right.
        status: the worst status of any mark. It is also ``uncertain`` if something was left out that might be
            a digit, or if touching digits were cut.
    """

    lines: list[list[ReadMark]]
    status: str


Readings = Answer[Reading]


class Reader:
    """Reads the numbers on uploads, at most ``most_marks`` marks on each."""

    def __init__(self, predictor: ConsistentPredictor, preparation: Preparation, most_marks: int) -> None:
        self._predictor, self._preparation, self._most_marks = predictor, preparation, most_marks

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
            pages = [each for each in found if isinstance(each, Segmentation)]
            return [candidate.prepared for page in pages for candidate in page.candidates]

        servable, classified = await self._predictor.predict(ref, prepare, context, stages)
        answers = iter(classified)
        results = [
            each
            if isinstance(each, ServiceError)
            else _reading(each, list(islice(answers, len(each.candidates))), servable.card)
            for each in found
        ]
        return Answer(servable, results)


def _check_recipe(servable: ServedVersion) -> None:
    if servable.card.recipe != RECIPE_INK:
        raise InputError(
            f"The model {servable.name!r} does not read numbers: it takes pictures as {servable.card.recipe}"
            f" prepares them, and reading needs {RECIPE_INK}. Use :classify for it."
        )


def _reading(page: Segmentation, classified: Sequence[Classified], card: Card) -> Reading | ServiceError:
    limit = card.thresholds.ood_above
    costs = [cost_of(float(each.probabilities[each.order[0]]), each.score, limit) for each in classified]
    chosen = choose(page, costs)
    if not chosen.lines:
        return UnusableImage(NO_DIGIT)
    lines = [
        [ReadMark(classified[index], page.candidates[index].box) for index in line] for line in chosen.lines
    ]
    statuses = [mark.classified.status for line in lines for mark in line]
    if chosen.doubtful:
        statuses.append(UNCERTAIN)
    return Reading(lines, max(statuses, key=STATUSES.index))
