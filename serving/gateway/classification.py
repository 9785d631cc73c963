"""From pictures to labels: prepare as the answering version asks, call the model, judge the answer.

Preparation, prediction and labels of one answer always belong to one version. The call names no version
(a pinned one fails while versions change); the reply says which version answered, and when that one asks
for another recipe than was used the pictures are prepared again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from serving.contract import OUTPUT_OOD_SCORE, OUTPUT_PROBABILITIES, Card
from serving.errors import ModelError, ModelUnavailable, NotFound, ServiceError
from serving.gateway.batching import Batcher, Item
from serving.gateway.names import ModelRef
from serving.gateway.predictor import CallContext, Reply
from serving.gateway.servables import Servable, Servables
from serving.gateway.stages import Stages
from serving.gateway.uploads import Upload
from serving.images import Limits, Picture, Prepared, decode, prepare

ATTEMPTS = 4

OK = "ok"
UNCERTAIN = "uncertain"
OUT_OF_DISTRIBUTION = "out_of_distribution"
STATUSES = (OK, UNCERTAIN, OUT_OF_DISTRIBUTION)


@dataclass(frozen=True)
class Classified:
    """One picture's answer.

    Attributes:
        prepared: what the model saw.
        probabilities: float32 ``[K]``, in the order of the card's labels.
        order: the classes, most probable first.
        status: one of ``STATUSES``.
    """

    prepared: Prepared
    probabilities: NDArray[np.float32]
    order: list[int]
    status: str


@dataclass(frozen=True)
class Answer:
    """One request's answer: the version that gave it, and for each upload its result or its error."""

    servable: Servable
    results: list[Classified | ServiceError]


class Classifier:
    """Classifies uploads; safe to use from many threads."""

    def __init__(self, servables: Servables, batcher: Batcher, limits: Limits) -> None:
        self._servables, self._batcher, self._limits = servables, batcher, limits

    def classify(
        self, ref: ModelRef, uploads: Sequence[Upload], fit: str, context: CallContext, stages: Stages
    ) -> Answer:
        """Classify uploads with one version of a model.

        Raises:
            ServiceError: what concerns the request as a whole; what concerns one upload is in the answer.
        """
        servable = self._servables.current(ref, context)
        for _ in range(ATTEMPTS):
            recipe = servable.card.recipe
            prepared = [self._prepare(upload, recipe, fit, context, stages) for upload in uploads]
            context.deadline.check()
            usable = [each for each in prepared if isinstance(each, Prepared)]
            if not usable:
                return Answer(servable, [each for each in prepared if isinstance(each, ServiceError)])
            reply = self._predict(ref, usable, context, stages)
            answered = self._servables.answered(ref, reply.version, context)
            if answered is not None and answered.card.recipe == recipe:
                return Answer(answered, _merge(prepared, judge(usable, reply, answered.card)))
            servable = answered or self._servables.current(ref, context)
        raise ModelUnavailable(f"The versions of the {ref} keep changing. Try again soon.", retry_after=1)

    def _prepare(
        self, upload: Upload, recipe: str, fit: str, context: CallContext, stages: Stages
    ) -> Prepared | ServiceError:
        """Make of an upload what the model expects.

        Nothing decoded is kept: 128 photographs would be 256 MB, and only a new recipe asks for them again.

        Raises:
            ModelTimeout: the deadline passed; a request of many large pictures ends here, not after the last.
        """
        context.deadline.check()
        return _prepare(self._decode(upload, stages), recipe, fit, stages)

    def _decode(self, upload: Upload, stages: Stages) -> Picture | ServiceError:
        if upload.error is not None:
            return upload.error
        started = time.perf_counter()
        try:
            return decode(upload.data, self._limits)
        except ServiceError as error:
            return error
        finally:
            stages.decode += time.perf_counter() - started

    def _predict(
        self, ref: ModelRef, usable: Sequence[Prepared], context: CallContext, stages: Stages
    ) -> Reply:
        pixels = usable[0].pixels[None] if len(usable) == 1 else np.stack([each.pixels for each in usable])
        item, started = Item(pixels, context), time.monotonic()
        try:
            return self._batcher.predict(ref, item)
        except NotFound as error:
            raise self._servables.missing(ref, context) from error
        finally:
            ended = time.monotonic()
            sent = item.sent_at or ended
            stages.queue += sent - started
            stages.predict += ended - sent


def _prepare(
    picture: Picture | ServiceError, recipe: str, fit: str, stages: Stages
) -> Prepared | ServiceError:
    if isinstance(picture, ServiceError):
        return picture
    started = time.perf_counter()
    try:
        return prepare(picture, recipe, fit=fit)
    except ServiceError as error:
        return error
    finally:
        stages.preprocess += time.perf_counter() - started


def judge(prepared: Sequence[Prepared], reply: Reply, card: Card) -> list[Classified]:
    """Check a model's outputs and say how sure each answer is.

    Raises:
        ModelError: when the outputs are not what the contract says.
    """
    probabilities = _probabilities(reply, len(prepared), len(card.labels))
    scores = _scores(reply, len(prepared))
    order = np.argsort(-probabilities, axis=1, kind="stable").tolist()
    best = probabilities.max(axis=1).tolist()
    return [
        Classified(each, probabilities[row], order[row], _status(best[row], scores[row], card))
        for row, each in enumerate(prepared)
    ]


def _status(best: float, score: float | None, card: Card) -> str:
    limits = card.thresholds
    if limits.ood_above is not None and score is not None and score > limits.ood_above:
        return OUT_OF_DISTRIBUTION
    return UNCERTAIN if best < limits.uncertain_below else OK


def _probabilities(reply: Reply, count: int, classes: int) -> NDArray[np.float32]:
    found = reply.outputs.get(OUTPUT_PROBABILITIES)
    if found is None or found.dtype != np.float32 or found.shape != (count, classes):
        raise ModelError(f"The model did not answer {OUTPUT_PROBABILITIES} as float32 [{count}, {classes}].")
    # A comparison that NaN fails as well.
    if not (found.min() >= 0.0 and abs(found.sum(axis=1) - 1.0).max() <= 0.01):
        raise ModelError(f"The model answered {OUTPUT_PROBABILITIES} that do not sum to 1.")
    return found


def _scores(reply: Reply, count: int) -> Sequence[float | None]:
    found = reply.outputs.get(OUTPUT_OOD_SCORE)
    if found is None:
        return [None] * count
    if found.dtype != np.float32 or found.shape != (count,) or not np.isfinite(found).all():
        raise ModelError(f"The model did not answer {OUTPUT_OOD_SCORE} as finite float32 [{count}].")
    return cast("list[float]", found.tolist())


def _merge(
    prepared: Sequence[Prepared | ServiceError], classified: Sequence[Classified]
) -> list[Classified | ServiceError]:
    results = iter(classified)
    return [each if isinstance(each, ServiceError) else next(results) for each in prepared]
