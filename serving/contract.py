"""The contract between training and serving: a model's inputs, its outputs and its card.

Both sides import this module, and nothing from each other. NumPy is its only dependency, so that the
gateway can read a card without TensorFlow.

A served model has two signatures, each with the input ``images`` (float32 ``[-1, 28, 28, 1]``, 0..1,
white on black):

* ``serving_default`` answers ``probabilities`` (float32 ``[-1, K]``, calibrated softmax) and, if the model
  has one, ``ood_score`` (float32 ``[-1]``, higher for stranger inputs);
* ``describe`` answers ``labels`` (string ``[-1, K]``) and ``card`` (string ``[-1]``, JSON, see ``Card``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONTRACT_VERSION = 1

SIGNATURE_PREDICT = "serving_default"
SIGNATURE_DESCRIBE = "describe"
INPUT_IMAGES = "images"
OUTPUT_PROBABILITIES = "probabilities"
OUTPUT_OOD_SCORE = "ood_score"
OUTPUT_LABELS = "labels"
OUTPUT_CARD = "card"

IMAGE_SIDE = 28
IMAGE_SHAPE = (IMAGE_SIDE, IMAGE_SIDE, 1)

RECIPE_INK = "ink@2"
RECIPE_GARMENT = "garment@2"
RECIPE_SYMBOL = "symbol@1"
RECIPE_NONE = "none@1"
STEPS_ADDED_SINCE: Mapping[str, frozenset[str]] = {
    RECIPE_INK: frozenset(),
    RECIPE_GARMENT: frozenset(),
    RECIPE_SYMBOL: frozenset(),
    RECIPE_NONE: frozenset(),
}
"""Every recipe that a card may name, with the steps that were added after it was published.

``serving.images`` skips these steps, because a published recipe never changes a pixel.
"""
RECIPES = tuple(STEPS_ADDED_SINCE)


class ContractError(ValueError):
    """A card that this version of the contract cannot read."""


def normalise(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Convert grey pictures to the model's input.

    Args:
        images: uint8 ``[28, 28]`` or ``[N, 28, 28]``, 0..255, white on black.

    Returns:
        float32 ``[N, 28, 28, 1]``, 0..1; N is 1 for a single picture.

    Raises:
        ValueError: another dtype or shape.
    """
    if images.dtype != np.uint8 or images.ndim not in (2, 3) or images.shape[-2:] != IMAGE_SHAPE[:2]:
        raise ValueError(f"expected uint8 [N, 28, 28], got {images.dtype} {list(images.shape)}")
    return (images.astype(np.float32) / np.float32(255.0)).reshape(-1, *IMAGE_SHAPE)


@dataclass(frozen=True)
class Thresholds:
    """The thresholds of doubt, which the training job fits on validation data.

    Attributes:
        uncertain_below: top probability below which an answer is ``uncertain``.
        ood_above: ``ood_score`` above which an input is ``out_of_distribution``; None without a score.
    """

    uncertain_below: float
    ood_above: float | None = None


@dataclass(frozen=True)
class Card:
    """A published version's description of itself, stored in the SavedModel as JSON.

    Attributes:
        dataset: the data set's name, such as ``mnist``.
        labels: the K class names in the order of the model's outputs.
        recipe: the name of the recipe that prepares pictures, one of ``RECIPES``.
        thresholds: see ``Thresholds``.
        metrics: figures on the test set, such as ``accuracy`` and ``accuracy_interval`` ``[low, high]``.
        reference: distributions on held-out data, to detect drift.
        training: architecture, parameters, epochs, seconds, seed, data checksums, commit.
        software: versions of Python, TensorFlow, Keras, NumPy.
        run_id: the unique id of the run that trained this version; empty for one made by hand.
        gate: what the version was compared with before it was published, with figures.
        contract_version: the version of this contract.
    """

    dataset: str
    labels: tuple[str, ...]
    recipe: str
    thresholds: Thresholds
    metrics: Mapping[str, Any] = field(default_factory=dict)
    reference: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    software: Mapping[str, Any] = field(default_factory=dict)
    run_id: str = ""
    gate: Mapping[str, Any] = field(default_factory=dict)
    contract_version: int = CONTRACT_VERSION

    def to_dict(self) -> dict[str, Any]:
        """The card as plain JSON types."""
        body = asdict(self)
        body["labels"] = list(self.labels)
        body["preprocessing"] = {"recipe": body.pop("recipe")}
        return body

    def to_json(self) -> str:
        """The card as JSON text, keys sorted so that equal cards are equal bytes."""
        return json.dumps(self.to_dict(), sort_keys=True, allow_nan=False)


def card_from_json(text: str | bytes) -> Card:
    """Read and check a card.

    Raises:
        ContractError: a field is missing, has the wrong type, or is unknown to this version; it is named.
    """
    try:
        body = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:  # not JSON, not text, nested too deeply
        raise ContractError(f"the card is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ContractError("the card is not a JSON object")
    if body.get("contract_version") != CONTRACT_VERSION:
        found = body.get("contract_version")
        raise ContractError(f"contract version {found!r} is not {CONTRACT_VERSION}, the supported one")
    try:
        card = Card(
            dataset=str(body["dataset"]),
            labels=tuple(str(label) for label in body["labels"]),
            recipe=str(body["preprocessing"]["recipe"]),
            thresholds=_thresholds(body["thresholds"]),
            metrics=dict(body.get("metrics", {})),
            reference=dict(body.get("reference", {})),
            training=dict(body.get("training", {})),
            software=dict(body.get("software", {})),
            run_id=str(body.get("run_id", "")),
            gate=dict(body.get("gate", {})),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ContractError(f"the card lacks a valid {error}") from error
    _check_recipe(card.recipe)
    if not card.labels:
        raise ContractError("the card names no labels")
    return card


def _check_recipe(recipe: str) -> None:
    if recipe in RECIPES:
        return
    if "@" not in recipe:
        raise ContractError(
            f"the card asks for the recipe {recipe!r} without its version, as release 0.1 wrote it, and what "
            "that prepared is no longer known; train the model again"
        )
    raise ContractError(
        f"the card asks for the recipe {recipe!r}; known here are {', '.join(RECIPES)}: "
        "upgrade the gateway, or train the model again"
    )


def _thresholds(body: Mapping[str, Any]) -> Thresholds:
    ood_above = body.get("ood_above")
    return Thresholds(
        uncertain_below=float(body["uncertain_below"]),
        ood_above=None if ood_above is None else float(ood_above),
    )
