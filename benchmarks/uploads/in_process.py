"""Classification in this process, by the same preprocessing and a SavedModel, with steps skipped.

The API cannot skip single steps, so this needs the model's files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.uploads.answers import Answer
from benchmarks.uploads.manifest import Upload
from serving.contract import (
    INPUT_IMAGES,
    OUTPUT_CARD,
    SIGNATURE_DESCRIBE,
    SIGNATURE_PREDICT,
    Card,
    card_from_json,
    normalise,
)
from serving.errors import InputError
from serving.gateway.inference.judgement import Classified, judge
from serving.gateway.model_client.predictor import Reply
from serving.images import Limits, Picture, Prepared, decode, detail_of, prepare
from serving.images.plain_png import to_png


class LocalModel:
    """A version loaded into this process.

    Attributes:
        card: its card.
    """

    def __init__(self, folder: Path) -> None:
        import tensorflow as tf

        self._tf = tf
        self._loaded: Any = tf.saved_model.load(str(folder))
        nothing = tf.zeros((1, 28, 28, 1))
        described = self._loaded.signatures[SIGNATURE_DESCRIBE](**{INPUT_IMAGES: nothing})
        self.card: Card = card_from_json(bytes(described[OUTPUT_CARD].numpy()[0]))

    def judge(self, prepared: Sequence[Prepared]) -> list[Classified]:
        """Return the answers that the service would give for prepared pictures, including their status."""
        images = self._tf.constant(normalise(np.stack([each.pixels for each in prepared])))
        found = self._loaded.signatures[SIGNATURE_PREDICT](**{INPUT_IMAGES: images})
        outputs = {name: output.numpy() for name, output in found.items()}
        return judge(prepared, Reply(0, outputs), self.card)


def decode_all(uploads: Sequence[Upload], recipe: str) -> list[Picture]:
    """Decode all uploads, at the size that a recipe uses."""
    return [decode(upload.path.read_bytes(), Limits(), detail=detail_of(recipe)) for upload in uploads]


def classify(
    model: LocalModel,
    uploads: Sequence[Upload],
    pictures: Sequence[Picture],
    *,
    fit: str = "auto",
    skip: frozenset[str] = frozenset(),
) -> list[Answer]:
    """Prepare and classify uploads.

    Args:
        model: the version.
        uploads: the uploads.
        pictures: the decoded uploads, in the same order.
        fit: ``auto`` or ``stretch``.
        skip: steps of the recipe to skip.
    """
    answers: list[Answer] = []
    for upload, picture in zip(uploads, pictures, strict=True):
        try:
            prepared = prepare(picture, model.card.recipe, fit=fit, skip=skip)
        except InputError as error:
            answers.append(Answer(upload, None, error.code))
            continue
        (found,) = model.judge([prepared])
        best = found.order[0]
        top = float(found.probabilities[best])
        answers.append(Answer(upload, model.card.labels[best], found.status, top, to_png(prepared.pixels)))
    return answers
