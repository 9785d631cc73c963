"""What is published already: the cards of earlier versions, and their answers."""

from __future__ import annotations

from pathlib import Path

from serving.contract import Card, ContractError, card_from_json
from training.datasets import Dataset
from training.errors import ReplayFailed
from training.export import replay
from training.export.layout import card_path, versions
from training.gate import Rival


def card_of(version: Path) -> Card | None:
    """The card of a version as it lies beside the graph; None where there is none to read."""
    try:
        return card_from_json(card_path(version).read_bytes())
    except (OSError, ContractError):
        return None


def version_of_run(model: Path, run: str) -> tuple[int, Card] | None:
    """The version that a run has published, if it got that far."""
    for number in reversed(versions(model)):
        card = card_of(model / str(number))
        if card is not None and card.training.get("run") == run:
            return number, card
    return None


def rival(model: Path, data: Dataset) -> Rival | None:
    """The newest version on the test pictures; None if there is none that was made for the same data."""
    for number in reversed(versions(model)[-1:]):
        card = card_of(model / str(number))
        if card is None or card.dataset != data.name or card.labels != data.labels:
            return None
        try:
            (answers,) = replay.replay([model / str(number)], data.test.images)
        except ReplayFailed:
            return None  # a version that cannot be run is nothing to defend
        return Rival(number, answers.probabilities.argmax(axis=1) == data.test.labels)
    return None
