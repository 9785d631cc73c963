"""The cards in which versions describe themselves; each is read again from time to time."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from serving import contract
from serving.contract import Card, ContractError
from serving.errors import ModelError
from serving.gateway.model_client.predictor import CallContext, Predictor
from serving.gateway.names import ModelRef

MAX_KEPT = 256

K = TypeVar("K")
V = TypeVar("V")

log = logging.getLogger(__name__)


class Kept(dict[K, V]):
    """A dictionary of at most ``MAX_KEPT`` entries, which drops the oldest."""

    def __setitem__(self, key: K, value: V) -> None:
        while len(self) >= MAX_KEPT:
            del self[next(iter(self))]
        super().__setitem__(key, value)


@dataclass(frozen=True)
class ServedVersion:
    """One version of a model, with its card and the time at which it was read, on the monotonic clock."""

    name: str
    version: int
    card: Card
    read_at: float = field(default_factory=time.monotonic, compare=False)


class Cards(Kept[tuple[str, int], ServedVersion]):
    """Versions with their cards, which stay fresh for some seconds: another run may replace a version."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def fresh(self, name: str, version: int) -> ServedVersion | None:
        """A version's card if it was read not long ago."""
        known = self.get((name, version))
        return known if known and time.monotonic() - known.read_at <= self._seconds else None

    def remember(self, servable: ServedVersion) -> bool:
        """Keep a card that was just read; returns whether another run replaced the version, and logs it."""
        name, version, run = servable.name, servable.version, servable.card.run_id
        before = self.get((name, version), servable).card.run_id
        if run != before:
            message = "version %d of model %s is another one than before: run %s, was run %s"
            log.error(message, version, name, run or "unknown", before or "unknown")
        self[name, version] = servable
        return run != before


async def described(predictor: Predictor, ref: ModelRef, context: CallContext) -> ServedVersion:
    """Ask a model's ``describe`` signature for its card.

    Raises:
        ModelError: labels or card are missing, disagree, or follow an unknown contract.
        ServiceError: the call failed.
    """
    empty = {contract.INPUT_IMAGES: np.zeros((1, *contract.IMAGE_SHAPE), np.float32)}
    version, outputs = await predictor.predict(ref, contract.SIGNATURE_DESCRIBE, empty, context)
    try:
        card = contract.card_from_json(outputs[contract.OUTPUT_CARD].item(0))
        labels = tuple(label.decode() for label in outputs[contract.OUTPUT_LABELS].reshape(-1).tolist())
    except (KeyError, IndexError, AttributeError, UnicodeDecodeError, ContractError) as error:
        raise ModelError(f"The gateway cannot read the model's card: {error}.") from error
    if labels != card.labels or len(set(labels)) != len(labels):
        raise ModelError("The model's labels differ from those of its card.")
    return ServedVersion(ref.name, version, card)
