"""The two trainings compared by the time to a target: the profile ``fast``, and a plain recipe in Keras."""

from __future__ import annotations

import time
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from training import models, precision, runtime
from training.architectures import Options
from training.datasets import Dataset
from training.fitting.loop import Fit
from training.predict import ForwardPass
from training.recipes import recipe_for

_MOST_EPOCHS = 40


@dataclass(frozen=True)
class Run:
    """The figures of a training.

    Attributes:
        seconds: duration of the training.
        epochs: number of epochs.
        accuracy: final accuracy on the test set, 0..1.
    """

    seconds: float
    epochs: int
    accuracy: float


def run_fast(data: Dataset, architecture: str, seed: int) -> Run:
    """Train by the profile ``fast``."""
    keras.backend.clear_session()
    runtime.seed(seed, deterministic=False)
    recipe = recipe_for("mnist", architecture, "fast")
    with precision.computing_in(precision.chosen(recipe.mixed)):
        model = models.build(architecture, Options(), len(data.labels))
        fitted = Fit(model, data, recipe, seed=seed).run()
    answers = ForwardPass(lambda images: model(images, training=False))(data.test.images).argmax(axis=1)
    return Run(fitted.seconds, len(fitted.history), float(np.mean(answers == data.test.labels)))


def run_plain(data: Dataset, seed: int, target: float) -> Run:
    """Train by the plain recipe, until an epoch ends at or above the target accuracy on the test set."""
    keras.backend.clear_session()
    runtime.seed(seed, deterministic=False)
    model = plain_model()
    images = np.concatenate([data.train.images, data.validation.images])[..., None].astype(np.float32) / 255
    labels = np.concatenate([data.train.labels, data.validation.labels])
    test = data.test.images[..., None].astype(np.float32) / 255
    spent, accuracy, epochs = 0.0, 0.0, 0
    while accuracy < target and epochs < _MOST_EPOCHS:
        began = time.perf_counter()
        model.fit(images, labels, batch_size=128, epochs=1, verbose=0)
        spent, epochs = spent + time.perf_counter() - began, epochs + 1
        accuracy = model.evaluate(test, data.test.labels, batch_size=500, verbose=0)[1]
    return Run(spent, epochs, float(accuracy))


def plain_model() -> keras.Sequential:
    """Build and compile the convolutional net of most tutorials."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
