"""The part of a recipe that depends on the number of training pictures, for own data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_EPOCH = 5_000
_SMALL_BATCH = 64
_FEW = 10_000


@dataclass(frozen=True)
class _Amount:
    """How many pictures a profile shows in a whole training.

    Attributes:
        each: how often it shows each picture of a small set.
        least: the least number of pictures to show.
        most: the most pictures to show of a small set; a larger set is shown ``epochs`` times.
        epochs: the least number of epochs.
    """

    each: int
    least: int
    most: int
    epochs: int


_AMOUNTS = {
    "fast": _Amount(each=50, least=20_000, most=100_000, epochs=4),
    "standard": _Amount(each=150, least=60_000, most=400_000, epochs=12),
    "full": _Amount(each=300, least=120_000, most=800_000, epochs=24),
}


def by_size(pictures: int, profile: str) -> dict[str, Any]:
    """Return fields of ``recipes.Recipe`` for a training set of ``pictures`` pictures.

    A small set is shown several times per epoch, augmented differently each time.
    """
    amount = _AMOUNTS[profile]
    repeats = max(1, round(_EPOCH / pictures))
    shown = min(max(amount.each * pictures, amount.least), amount.most)
    epochs = max(amount.epochs, round(shown / (pictures * repeats)))
    fields: dict[str, Any] = {"epochs": epochs, "repeats": repeats, "mixed": True}
    if pictures < _FEW:
        fields["batch_size"] = _SMALL_BATCH
    if profile == "fast":
        fields["augmentation"] = "light"
    return fields
