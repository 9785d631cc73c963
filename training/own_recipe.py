"""How somebody's own pictures are trained on, by how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_EPOCH = 5_000
_SMALL_BATCH = 64
_FEW = 10_000


@dataclass(frozen=True)
class _Amount:
    """How many pictures a profile shows.

    Attributes:
        each: how often it shows each picture of a small set.
        least: pictures in all, at least.
        most: pictures in all for a small set; larger ones are shown ``epochs`` times.
        epochs: at least.
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
    """Fields of ``recipes.Recipe`` for a training set of that many pictures.

    Few pictures are shown several times in one epoch, augmented differently each time.
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
