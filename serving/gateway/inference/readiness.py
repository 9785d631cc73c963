"""Whether the models can answer. A check has a short deadline, and its result is reused for a moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from serving.errors import ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.model_client.predictor import CallContext, Predictor, has_available
from serving.gateway.settings.settings import Settings


class ModelReadiness(NamedTuple):
    """Whether a version of a configured model is AVAILABLE and, if not, why."""

    name: str
    ready: bool
    reason: str = ""


class Readiness:
    """Checks the configured models; concurrent callers share one check."""

    def __init__(self, predictor: Predictor, settings: Settings) -> None:
        self._predictor, self._settings = predictor, settings
        self._lock = asyncio.Lock()
        self._found: list[ModelReadiness] = []
        self._until = 0.0

    async def check(self) -> list[ModelReadiness]:
        """The models' readiness, no older than ``GATEWAY_READINESS_SECONDS``."""
        if time.monotonic() < self._until:
            return self._found
        async with self._lock:
            if time.monotonic() >= self._until:
                models, seconds = self._settings.models, self._settings.readiness_seconds
                context = CallContext(Deadline.after(seconds))
                self._found = await asyncio.gather(*(self._of(name, context) for name in models))
                self._until = time.monotonic() + seconds
        return self._found

    async def known_within(self, seconds: float) -> list[ModelReadiness]:
        """Like ``check``, but return the previous result if the check takes longer than ``seconds``."""
        check = asyncio.ensure_future(self.check())
        await asyncio.wait({check}, timeout=seconds)
        return check.result() if check.done() else self._found

    def suffices(self, found: Sequence[ModelReadiness]) -> bool:
        """Whether the gateway is ready, by ``GATEWAY_READY_WHEN``: any model is ready, or all are."""
        enough = all if self._settings.ready_when == "all" else any
        return enough(model.ready for model in found)

    async def _of(self, name: str, context: CallContext) -> ModelReadiness:
        try:
            ready = has_available(await self._predictor.status(name, context))
        except ServiceError as error:
            return ModelReadiness(name, False, error.detail)
        return ModelReadiness(name, ready, "" if ready else "No version is loaded.")
