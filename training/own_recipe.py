"""How somebody's own pictures are trained on, by how many there are."""

from __future__ import annotations

from typing import Any

_PASSES = {"fast": 40_000, "standard": 120_000, "full": 300_000}
"""Pictures shown in all, at least; of many pictures each is shown ``_EPOCHS`` times."""
_EPOCHS = {"fast": 4, "standard": 24, "full": 40}
_EPOCH = 5_000
_SMALL_BATCH = 64
_FEW = 10_000


def by_size(pictures: int, profile: str) -> dict[str, Any]:
    """Fields of ``recipes.Recipe`` for a training set of that many pictures.

    Few pictures are shown several times in one epoch, augmented differently each time.
    """
    repeats = max(1, round(_EPOCH / pictures))
    epochs = max(_EPOCHS[profile], round(_PASSES[profile] / (pictures * repeats)))
    fields: dict[str, Any] = {"epochs": epochs, "repeats": repeats, "mixed": True}
    if pictures < _FEW:
        fields["batch_size"] = _SMALL_BATCH
    if profile == "fast":
        fields["augmentation"] = "light"
    return fields
