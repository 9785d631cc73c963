"""What a training computes with; a checkpoint goes on only with the same."""

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
    """All that decides what a training computes, beside its seed.

    Attributes:
        recipe: its fields.
        architecture: one line for each layer: type and configuration.
        data: the checksums of the data set's files.
        software: versions, as the card has them.
    """

    recipe: Mapping[str, Any] = field(default_factory=dict)
    architecture: tuple[str, ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, model: keras.Model, data: Dataset, recipe: Recipe) -> Origin:
        """The origin of a training that begins."""
        layers = tuple(_line(layer) for layer in model.layers)
        return cls(asdict(recipe), layers, dict(data.sha256), runtime.software())

    def to_json(self) -> str:
        """As a checkpoint holds it."""
        return json.dumps(asdict(self), sort_keys=True)

    def differences(self, stored: str) -> list[str]:
        """How this differs from what ``to_json`` gave when the checkpoint was written."""
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
    """A layer without its name and what Keras numbers by itself."""
    configuration = {
        name: value
        for name, value in layer.get_config().items()
        if isinstance(value, (int, float, str, bool, list, tuple)) and name not in ("name", "seed")
    }
    return f"{type(layer).__name__} {json.dumps(configuration, sort_keys=True)}"
