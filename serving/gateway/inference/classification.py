"""From pictures to labels: prepare as the answering version asks, call the model, judge the answer.

Preparation, prediction and labels of one answer always belong to one version. The call names no version
(a pinned one fails while versions change); the reply says which version answered, and when that one asks
for another recipe than was used the pictures are prepared again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from serving.errors import ModelUnavailable, NotFound, ServiceError
from serving.gateway.inference.batching import Batcher, BatchRequest
from serving.gateway.inference.judgement import Classified, judge
from serving.gateway.inference.preparation import Preparation
from serving.gateway.inference.servables import ServedVersion, VersionRegistry
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.images import Prepared

ATTEMPTS = 4


@dataclass(frozen=True)
class Classification:
    """One request's answer: the version that gave it, and for each upload its result or its error."""

    servable: ServedVersion
    results: list[Classified | ServiceError]


class Classifier:
    """Classifies uploads."""

    def __init__(self, servables: VersionRegistry, batcher: Batcher, preparation: Preparation) -> None:
        self._servables, self._batcher, self._preparation = servables, batcher, preparation

    async def classify(
        self, ref: ModelRef, uploads: Sequence[Upload], fit: str, context: CallContext, stages: Stages
    ) -> Classification:
        """Classify uploads with one version of a model.

        Raises:
            ServiceError: what concerns the request as a whole; what concerns one upload is in the answer.
        """
        servable = await self._servables.current(ref, context)
        for _ in range(ATTEMPTS):
            recipe = servable.card.recipe
            prepared = await self._preparation.prepare(uploads, recipe, fit, context, stages)
            context.deadline.check()
            usable = [each for each in prepared if isinstance(each, Prepared)]
            if not usable:
                return Classification(servable, [each for each in prepared if isinstance(each, ServiceError)])
            reply = await self._predict(ref, usable, context, stages)
            answered = await self._servables.answered(ref, reply.version, context)
            if answered is not None and answered.card.recipe == recipe:
                return Classification(answered, _merge(prepared, judge(usable, reply, answered.card)))
            servable = answered or await self._servables.current(ref, context)
        raise ModelUnavailable(f"The versions of the {ref} keep changing. Try again soon.", retry_after=1)

    async def _predict(
        self, ref: ModelRef, usable: Sequence[Prepared], context: CallContext, stages: Stages
    ) -> Reply:
        pixels = usable[0].pixels[None] if len(usable) == 1 else np.stack([each.pixels for each in usable])
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


def _merge(
    prepared: Sequence[Prepared | ServiceError], classified: Sequence[Classified]
) -> list[Classified | ServiceError]:
    results = iter(classified)
    return [each if isinstance(each, ServiceError) else next(results) for each in prepared]
