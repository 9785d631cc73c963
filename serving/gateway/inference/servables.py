"""What the model server has: the card of each version, and which version a name currently means.

A version's card comes from the model's ``describe`` signature. It is read again from time to time, so that a
number which now stands for another run is noticed. For a name without a version, the version that answered
last is expected to answer next; the caller compares.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Container, Sequence
from typing import TypeVar
from weakref import WeakValueDictionary

from serving.errors import ModelTimeout, ModelUnavailable, NotFound
from serving.gateway.deadline import acquired
from serving.gateway.inference.cards import Cards, Kept, ServedVersion, described
from serving.gateway.model_client.predictor import (
    AVAILABLE,
    CallContext,
    Predictor,
    Signatures,
    VersionStatus,
    has_available,
)
from serving.gateway.names import ModelRef

UNKNOWN_SECONDS = 1.0
PATIENCE = 1.0
CARD_SECONDS = 30.0
COMING = ("START", "LOADING", AVAILABLE)

T = TypeVar("T")


class VersionRegistry:
    """Cards and signatures by version. Use it on one event loop only."""

    def __init__(
        self, predictor: Predictor, configured: Container[str], *, card_seconds: float = CARD_SECONDS
    ) -> None:
        self._predictor, self._configured = predictor, configured
        self._cards = Cards(card_seconds)
        self._signatures: Kept[tuple[str, int], Signatures] = Kept()
        self._current: dict[ModelRef, int] = {}
        self._unknown: Kept[str, float] = Kept()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def current(self, ref: ModelRef, context: CallContext) -> ServedVersion:
        """The version that will most likely answer a call to ``ref``, with its card.

        Raises:
            NotFound: no such model, version or label.
            ModelUnavailable: it is configured but not loaded yet, or the server cannot be reached.
            ModelError: the card cannot be read.
        """
        version = self._current.get(ref, -1)
        return self._cards.fresh(ref.name, version) or await self._renewed(version, ref, context)

    async def answered(self, ref: ModelRef, version: int, context: CallContext) -> ServedVersion | None:
        """The version that answered, with its card; None if it is already gone."""
        known = self._cards.fresh(ref.name, version)
        if known is None:
            try:
                known = await self._renewed(version, ModelRef(ref.name, version), context)
            except NotFound:
                self.forget(ref)
                return None
        self._current[ref] = version
        return known

    async def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:
        """The signatures of the version that will most likely answer; raises like ``current``."""
        known = self._signatures.get((ref.name, self._current.get(ref, -1)))
        return known or await self.fresh_signatures(ref, context)

    async def fresh_signatures(self, ref: ModelRef, context: CallContext) -> Signatures:
        """Like ``signatures``, but always asks the model server."""
        found = await self._ask(ref, lambda: self._predictor.signatures(ref, context), context)
        self._signatures[ref.name, found.version] = found
        self._current[ref] = found.version
        return found

    async def versions(self, name: str, context: CallContext) -> list[VersionStatus]:
        """The versions of a model and their states, newest first; raises like ``current``."""
        return await self._ask(ModelRef(name), lambda: self._predictor.status(name, context), context)

    def known_name(self, ref: ModelRef) -> str:
        """The model's name if it is configured or has answered before, else an empty string.

        Metrics use this as a label, because callers may send any name.
        """
        known = any(ref.name == name for name, _ in self._cards) or ref.name in self._configured
        return ref.name if known else ""

    def forget(self, ref: ModelRef) -> None:
        """Forget which version ``ref`` means, so that the model server is asked again."""
        self._current.pop(ref, None)

    async def missing(self, ref: ModelRef, context: CallContext) -> Exception:
        """The error for a call that the model server answered with NOT_FOUND."""
        self.forget(ref)
        try:
            versions = await self._predictor.status(ref.name, context)
        except NotFound:
            versions = []
        if self._may_come(ref, versions):
            detail = f"The {ref} is not loaded now. Try again soon."
            return ModelUnavailable(detail, retry_after=1)
        if not versions:
            self._unknown[ref.name] = time.monotonic() + UNKNOWN_SECONDS
        return NotFound(f"There is no {ref}. GET /v1/models lists the models.")

    def _may_come(self, ref: ModelRef, versions: Sequence[VersionStatus]) -> bool:
        if not versions:
            return ref.name in self._configured
        if ref.version is not None:
            return any(status.version == ref.version and status.state in COMING for status in versions)
        return ref.label is None or not has_available(versions)

    async def _renewed(self, version: int, ref: ModelRef, context: CallContext) -> ServedVersion:
        """Read a card that is unknown or stale; keep the old one while the server does not answer."""
        # One caller asks and the others reuse its answer, but they do not wait long for a call that hangs.
        lock = self._locks.setdefault(ref.name, asyncio.Lock())
        asks_alone = await acquired(lock, min(context.deadline.remaining(), PATIENCE))
        try:
            if not context.deadline.remaining():
                raise ModelTimeout("The model did not describe itself before the deadline.")
            known = self._cards.fresh(ref.name, ref.version or self._current.get(ref, -1))
            return known or await self._describe(ref, context)
        except (ModelUnavailable, ModelTimeout):
            if (known := self._cards.get((ref.name, version))) is None:
                raise
            return known
        finally:
            if asks_alone:
                lock.release()

    async def _describe(self, ref: ModelRef, context: CallContext) -> ServedVersion:
        servable = await self._ask(ref, lambda: described(self._predictor, ref, context), context)
        if self._cards.remember(servable):
            self._signatures.pop((servable.name, servable.version), None)
        self._current[ref] = servable.version
        return servable

    async def _ask(self, ref: ModelRef, call: Callable[[], Awaitable[T]], context: CallContext) -> T:
        if self._unknown.get(ref.name, 0.0) > time.monotonic():
            raise NotFound(f"There is no {ModelRef(ref.name)}. GET /v1/models lists the models.")
        try:
            return await call()
        except NotFound as error:
            raise await self.missing(ref, context) from error
