"""The version now published, as the gate compares with it."""

from __future__ import annotations

from pathlib import Path

from serving.store.layout import card_of, versions
from training.datasets import Dataset
from training.errors import ReplayFailed
from training.export import replay
from training.gate import Rival


def rival(model: Path, data: Dataset) -> Rival | None:
    """The newest version on the test pictures; None if there is none that was made for the same data."""
    numbers = versions(model)
    if not numbers:
        return None
    newest = model / str(numbers[-1])
    card = card_of(newest)
    if card is None or card.dataset != data.name or card.labels != data.labels:
        return None
    try:
        (answers,) = replay.replay([newest], data.test.images)
    except ReplayFailed:
        return None  # a version that cannot be run is nothing to defend
    return Rival(numbers[-1], answers.probabilities.argmax(axis=1) == data.test.labels)
