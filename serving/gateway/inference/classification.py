"""From pictures to labels: prepare them for the version that answers, call the model, judge its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from serving.errors import ServiceError
from serving.gateway.inference.batching import Batcher
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.inference.judgement import Classified
from serving.gateway.inference.prediction import ConsistentPredictor
from serving.gateway.inference.preparation import Preparation
from serving.gateway.inference.servables import VersionRegistry
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.names import ModelRef
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.images import Prepared


@dataclass(frozen=True)
class Classification:
    """One request's answer: the version that gave it, and a result or an error for each upload."""

    servable: ServedVersion
    results: list[Classified | ServiceError]


class Classifier:
    """Classifies uploads."""

    def __init__(self, servables: VersionRegistry, batcher: Batcher, preparation: Preparation) -> None:
        self._predictor, self._preparation = ConsistentPredictor(servables, batcher), preparation

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
        return Classification(servable, _merge(prepared, classified))


def _merge(
    prepared: Sequence[Prepared | ServiceError], classified: Sequence[Classified]
) -> list[Classified | ServiceError]:
    results = iter(classified)
    return [each if isinstance(each, ServiceError) else next(results) for each in prepared]
