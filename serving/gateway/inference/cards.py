"""The cards in which versions describe themselves; each is read again from time to time."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TypeVar

from serving.contract import OUTPUT_CARD, OUTPUT_LABELS, Card, ContractError, card_from_json
from serving.errors import ModelError
from serving.gateway.model_client.predictor import Reply

MAX_KEPT = 256

K = TypeVar("K")
T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedVersion:
    """One version of a model, with its card."""

    name: str
    version: int
    card: Card


class Cards:
    """The cards of versions.

    Args:
        seconds: how long a card stays fresh. The run behind a version's number may change.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._cards: dict[tuple[str, int], ServedVersion] = {}
        self._read_at: dict[tuple[str, int], float] = {}

    def known(self, name: str, version: int) -> ServedVersion | None:
        """A version's card, however long ago it was read."""
        return self._cards.get((name, version))

    def fresh(self, name: str, version: int) -> ServedVersion | None:
        """A version's card if it was read not long ago."""
        known = self._cards.get((name, version))
        if known is None or time.monotonic() - self._read_at.get((name, version), 0.0) > self._seconds:
            return None
        return known

    def knows_model(self, name: str) -> bool:
        """Whether a card of any version of a model has been read."""
        return any(name == model for model, _ in self._cards)

    def remember(self, servable: ServedVersion) -> bool:
        """Keep a card that was just read.

        Returns:
            Whether the version now comes from another run, which is logged as an error.
        """
        key = (servable.name, servable.version)
        before = self._cards.get(key)
        replaced = before is not None and before.card.run_id != servable.card.run_id
        if before is not None and replaced:
            log.error(
                "version %d of model %s is another one than before: run %s, was run %s",
                servable.version,
                servable.name,
                servable.card.run_id or "unknown",
                before.card.run_id or "unknown",
            )
        keep(self._read_at, key, time.monotonic())
        keep(self._cards, key, servable)
        return replaced


def read_card(reply: Reply) -> Card:
    """Read the answer of a model's ``describe`` signature.

    Raises:
        ModelError: labels or card are missing, disagree, or follow an unknown contract.
    """
    try:
        card = card_from_json(reply.outputs[OUTPUT_CARD].item(0))
        labels = tuple(label.decode() for label in reply.outputs[OUTPUT_LABELS].reshape(-1).tolist())
    except (KeyError, IndexError, AttributeError, UnicodeDecodeError, ContractError) as error:
        raise ModelError(f"The gateway cannot read the model's card: {error}.") from error
    if labels != card.labels or len(set(labels)) != len(labels):
        raise ModelError("The model's labels differ from those of its card.")
    return card


def keep(kept: dict[K, T], key: K, value: T) -> None:
    """Add to a dictionary of at most ``MAX_KEPT`` entries, and drop the oldest."""
    while len(kept) >= MAX_KEPT:
        kept.pop(next(iter(kept)), None)
    kept[key] = value
