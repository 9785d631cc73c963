"""The origin of a checkpoint: what the training computes with. A checkpoint continues only with the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import keras

from training import runtime
from training.datasets import Dataset
from training.recipes import Recipe


@dataclass(frozen=True)
class Origin:
    """Everything that determines the result of a training, besides its seed.

    Attributes:
        recipe: the fields of the recipe.
        architecture: one line per layer, with type and configuration.
        data: the checksums of the data set's files, by name.
        software: the versions of Python, TensorFlow, Keras and NumPy.
    """

    recipe: Mapping[str, Any] = field(default_factory=dict)
    architecture: tuple[str, ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, model: keras.Model, data: Dataset, recipe: Recipe) -> Origin:
        """Return the origin of a training that starts now."""
        layers = tuple(_line(layer) for layer in model.layers)
        return cls(asdict(recipe), layers, dict(data.sha256), runtime.software())

    def to_json(self) -> str:
        """Return the origin as JSON, as stored in a checkpoint."""
        return json.dumps(asdict(self), sort_keys=True)

    def differences(self, stored: str) -> list[str]:
        """List the differences from a stored origin, one sentence each.

        Args:
            stored: what ``to_json`` returned when the checkpoint was written.
        """
        before = json.loads(stored)
        found = [
            f"{part} {name} is {now.get(name)!r}, was {before[part].get(name)!r}"
            for part, now in (("recipe", self.recipe), ("data", self.data), ("software", self.software))
            for name in sorted({**before[part], **now})
            if now.get(name) != before[part].get(name)
        ]
        return found + _layers_that_differ(before["architecture"], list(self.architecture))


def _layers_that_differ(before: list[str], now: list[str]) -> list[str]:
    if len(before) != len(now):
        return [f"the architecture has {len(now)} layers, had {len(before)}"]
    return [
        f"layer {n} is {ours}, was {theirs}"
        for n, (ours, theirs) in enumerate(zip(now, before, strict=True), 1)
        if ours != theirs
    ]


def _line(layer: keras.layers.Layer) -> str:
    """Describe a layer without its name and seed, which Keras numbers automatically."""
    configuration = {
        name: value
        for name, value in layer.get_config().items()
        if isinstance(value, (int, float, str, bool, list, tuple)) and name not in ("name", "seed")
    }
    return f"{type(layer).__name__} {json.dumps(configuration, sort_keys=True)}"
