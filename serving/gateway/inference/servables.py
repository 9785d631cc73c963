"""What the model server has: the contract of each version, and which version a name means now.

A version's card is asked for with the model's own ``describe`` signature, and again from time to time: a
number that stands for another run than before is noticed. For a name without a
version the version that answered last is taken to be the one that will answer next; the caller compares.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Container, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from serving.contract import (
    IMAGE_SHAPE,
    INPUT_IMAGES,
    OUTPUT_CARD,
    OUTPUT_LABELS,
    SIGNATURE_DESCRIBE,
    Card,
    ContractError,
    card_from_json,
)
from serving.errors import ModelError, ModelTimeout, ModelUnavailable, NotFound
from serving.gateway.model_client.grpc_status import RETRY_AFTER_SECONDS
from serving.gateway.model_client.predictor import (
    AVAILABLE,
    CallContext,
    Predictor,
    Reply,
    Signatures,
    VersionStatus,
)
from serving.gateway.names import ModelRef

MAX_KEPT = 256
UNKNOWN_SECONDS = 1.0
PATIENCE = 1.0
CARD_SECONDS = 30.0
log = logging.getLogger(__name__)

COMING = ("START", "LOADING", AVAILABLE)

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class ServedVersion:
    """One version of a model and what it says of itself."""

    name: str
    version: int
    card: Card


class VersionRegistry:
    """Cards and signatures by version; for use on one event loop."""

    def __init__(
        self, predictor: Predictor, configured: Container[str], *, card_seconds: float = CARD_SECONDS
    ) -> None:
        self._predictor = predictor
        self._card_seconds = card_seconds
        self._configured = configured
        self._cards: dict[tuple[str, int], ServedVersion] = {}
        self._read_at: dict[tuple[str, int], float] = {}
        self._signatures: dict[tuple[str, int], Signatures] = {}
        self._current: dict[ModelRef, int] = {}
        self._unknown: dict[str, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def current(self, ref: ModelRef, context: CallContext) -> ServedVersion:
        """The version that a call to ``ref`` most likely gets, with its card.

        Raises:
            NotFound: no such model, version or label.
            ModelUnavailable: it is configured and not loaded yet, or the server is away.
            ModelError: the card cannot be read.
        """
        key = (ref.name, self._current.get(ref, -1))
        return self._fresh(key) or await self._renewed(key, ref, context)

    async def answered(self, ref: ModelRef, version: int, context: CallContext) -> ServedVersion | None:
        """The version that did answer, with its card; None when it is gone already."""
        key = (ref.name, version)
        known = self._fresh(key)
        if known is None:
            try:
                known = await self._renewed(key, ModelRef(ref.name, version), context)
            except NotFound:
                self.forget(ref)
                return None
        self._current[ref] = version
        return known

    async def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:
        """The signatures of the version that a call to ``ref`` most likely gets; raises as ``current``."""
        known = self._signatures.get((ref.name, self._current.get(ref, -1)))
        return known or await self.fresh_signatures(ref, context)

    async def fresh_signatures(self, ref: ModelRef, context: CallContext) -> Signatures:
        """As ``signatures``, but always asks the model server."""
        found = await self._ask(ref, lambda: self._predictor.signatures(ref, context), context)
        _keep(self._signatures, (ref.name, found.version), found)
        self._current[ref] = found.version
        return found

    async def versions(self, name: str, context: CallContext) -> list[VersionStatus]:
        """The versions of a model and their states, newest first; raises as ``current``."""
        return await self._ask(ModelRef(name), lambda: self._predictor.status(name, context), context)

    def known_name(self, ref: ModelRef) -> str:
        """The model's name if it is configured or has answered before, else an empty string.

        Metrics are labelled with this, since callers may send any name.
        """
        known = any(name == ref.name for name, _ in self._cards) or ref.name in self._configured
        return ref.name if known else ""

    def forget(self, ref: ModelRef) -> None:
        """Ask the model server again what ``ref`` means."""
        self._current.pop(ref, None)

    async def missing(self, ref: ModelRef, context: CallContext) -> Exception:
        """The error for a call that the model server answered with NOT_FOUND."""
        self.forget(ref)
        try:
            versions = await self._predictor.status(ref.name, context)
        except NotFound:
            versions = []
        if self._may_come(ref, versions):
            detail = f"The {ref} is not loaded at the moment. Try again soon."
            return ModelUnavailable(detail, retry_after=RETRY_AFTER_SECONDS)
        if not versions:
            _keep(self._unknown, ref.name, time.monotonic() + UNKNOWN_SECONDS)
        return NotFound(f"There is no {ref}. GET /v1/models lists what is served.")

    def _may_come(self, ref: ModelRef, versions: Sequence[VersionStatus]) -> bool:
        if not versions:
            return ref.name in self._configured
        if ref.version is not None:
            return any(status.version == ref.version and status.state in COMING for status in versions)
        return ref.label is None or not is_available(versions)

    def _fresh(self, key: tuple[str, int]) -> ServedVersion | None:
        """A card that was read not long ago."""
        known = self._cards.get(key)
        if known is None or time.monotonic() - self._read_at.get(key, 0.0) > self._card_seconds:
            return None
        return known

    async def _renewed(self, key: tuple[str, int], ref: ModelRef, context: CallContext) -> ServedVersion:
        """Read a card that is unknown or was read long ago; while nobody answers, the old one serves."""
        try:
            return await self._described(ref, context)
        except (ModelUnavailable, ModelTimeout):
            if (known := self._cards.get(key)) is None:
                raise
            return known

    async def _described(self, ref: ModelRef, context: CallContext) -> ServedVersion:
        lock = self._locks.get(ref.name) or self._lock_of(ref.name)
        # One caller asks and the others find its answer; but a call that hangs holds them up only so long.
        asks_alone = await _acquired(lock, min(context.deadline.remaining(), PATIENCE))
        try:
            if not context.deadline.remaining():
                raise ModelTimeout("The model did not describe itself before the deadline.")
            known = self._fresh((ref.name, ref.version or self._current.get(ref, -1)))
            return known or await self._describe(ref, context)
        finally:
            if asks_alone:
                lock.release()

    async def _describe(self, ref: ModelRef, context: CallContext) -> ServedVersion:
        empty = {INPUT_IMAGES: np.zeros((1, *IMAGE_SHAPE), np.float32)}
        reply = await self._ask(
            ref, lambda: self._predictor.predict(ref, SIGNATURE_DESCRIBE, empty, context), context
        )
        servable = ServedVersion(ref.name, reply.version, read_card(reply))
        self._remember(servable)
        self._current[ref] = reply.version
        return servable

    def _remember(self, servable: ServedVersion) -> None:
        key = (servable.name, servable.version)
        before = self._cards.get(key)
        if before is not None and before.card.run_id != servable.card.run_id:
            self._signatures.pop(key, None)
            log.error(
                "version %d of model %s is another one than before: run %s, was run %s",
                servable.version,
                servable.name,
                servable.card.run_id or "unknown",
                before.card.run_id or "unknown",
            )
        _keep(self._read_at, key, time.monotonic())
        _keep(self._cards, key, servable)

    def _lock_of(self, name: str) -> asyncio.Lock:
        if name not in self._locks:
            _keep(self._locks, name, asyncio.Lock())
        return self._locks[name]

    async def _ask(self, ref: ModelRef, call: Callable[[], Awaitable[T]], context: CallContext) -> T:
        if self._unknown.get(ref.name, 0.0) > time.monotonic():
            raise NotFound(f"There is no {ModelRef(ref.name)}. GET /v1/models lists what is served.")
        try:
            return await call()
        except NotFound as error:
            raise await self.missing(ref, context) from error


def read_card(reply: Reply) -> Card:
    """Read the answer of a model's ``describe`` signature.

    Raises:
        ModelError: when labels or card are missing, contradict each other or are of an unknown contract.
    """
    try:
        card = card_from_json(reply.outputs[OUTPUT_CARD].item(0))
        labels = tuple(label.decode() for label in reply.outputs[OUTPUT_LABELS].reshape(-1).tolist())
    except (KeyError, IndexError, AttributeError, UnicodeDecodeError, ContractError) as error:
        raise ModelError(f"The model does not say what it is in a way known here: {error}.") from error
    if labels != card.labels or len(set(labels)) != len(labels):
        raise ModelError("The model's labels and its card do not agree.")
    return card


def is_available(versions: Sequence[VersionStatus]) -> bool:
    """Whether any version can answer."""
    return any(status.state == AVAILABLE for status in versions)


async def _acquired(lock: asyncio.Lock, seconds: float) -> bool:
    if not lock.locked():
        return await lock.acquire()
    try:
        return await asyncio.wait_for(lock.acquire(), seconds)
    except asyncio.TimeoutError:
        return False


def _keep(kept: dict[K, T], key: K, value: T) -> None:  # bounded: the oldest goes first
    while len(kept) >= MAX_KEPT:
        kept.pop(next(iter(kept)), None)
    kept[key] = value
