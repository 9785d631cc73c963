"""From pictures to labels, where preparation, probabilities and labels belong to the same version.

The call names no version, because a pinned version fails while versions change. The reply says which version
answered. If that version needs another recipe, the pictures are prepared and sent again.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from serving.errors import ModelUnavailable, NotFound, ServiceError
from serving.gateway.inference.batches import BatchRequest
from serving.gateway.inference.batching import Batcher
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.inference.judgement import Classified, judge
from serving.gateway.inference.preparation import Preparation
from serving.gateway.inference.servables import VersionRegistry
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.images import Prepared

ATTEMPTS = 4

T = TypeVar("T")
Prepare = Callable[[ServedVersion], Awaitable[Sequence[Prepared]]]
"""Prepares a request's pictures for a version."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """One request's answer: the version that gave it, and a result or an error for each upload."""

    servable: ServedVersion
    results: list[T | ServiceError]


Classification = Answer[Classified]


class ConsistentPredictor:
    """Asks models about prepared pictures, in calls with at most ``most`` pictures of one request."""

    def __init__(self, servables: VersionRegistry, batcher: Batcher, most: int) -> None:
        self._servables, self._batcher, self._most = servables, batcher, most

    async def predict(
        self, ref: ModelRef, prepare: Prepare, context: CallContext, stages: Stages
    ) -> tuple[ServedVersion, list[Classified]]:
        """Prepare pictures and judge the model's answers; without pictures, the model is not called.

        Raises:
            ServiceError: the whole request failed.
        """
        servable = await self._servables.current(ref, context)
        for _ in range(ATTEMPTS):
            recipe = servable.card.recipe
            prepared = await prepare(servable)
            context.deadline.check()
            if not prepared:
                return servable, []
            parts = [prepared[start : start + self._most] for start in range(0, len(prepared), self._most)]
            replies = [await self._reply(ref, part, context, stages) for part in parts]
            versions = {reply.version for reply in replies}
            answered = await self._servables.answered(ref, max(versions), context)
            if answered is not None and answered.card.recipe == recipe and len(versions) == 1:
                pairs = zip(parts, replies, strict=True)
                return answered, [each for part, reply in pairs for each in judge(part, reply, answered.card)]
            servable = answered or await self._servables.current(ref, context)
        raise ModelUnavailable(f"The versions of the {ref} keep changing. Try again soon.", retry_after=1)

    async def _reply(
        self, ref: ModelRef, prepared: Sequence[Prepared], context: CallContext, stages: Stages
    ) -> Reply:
        pixels = (
            prepared[0].pixels[None] if len(prepared) == 1 else np.stack([each.pixels for each in prepared])
        )
        request, started = BatchRequest(pixels, context), time.monotonic()
        try:
            return await self._batcher.predict(ref, request)
        except NotFound as error:
            raise await self._servables.missing(ref, context) from error
        finally:
            ended = time.monotonic()
            sent = request.sent_at or ended
            stages.queue += sent - started
            stages.predict += ended - sent


class Classifier:
    """Classifies uploads."""

    def __init__(self, predictor: ConsistentPredictor, preparation: Preparation) -> None:
        self._predictor, self._preparation = predictor, preparation

    async def classify(
        self, ref: ModelRef, uploads: Sequence[Upload], fit: str, context: CallContext, stages: Stages
    ) -> Classification:
        """Classify uploads with one version of a model.

        Raises:
            ServiceError: the whole request failed; an error of one upload is in the answer.
        """
        prepared: list[Prepared | ServiceError] = []

        async def prepare(servable: ServedVersion) -> list[Prepared]:
            prepared[:] = await self._preparation.prepare(uploads, servable.card.recipe, fit, context, stages)
            return [each for each in prepared if isinstance(each, Prepared)]

        servable, classified = await self._predictor.predict(ref, prepare, context, stages)
        results = iter(classified)
        return Answer(
            servable, [each if isinstance(each, ServiceError) else next(results) for each in prepared]
        )
