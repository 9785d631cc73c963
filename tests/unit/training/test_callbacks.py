"""StopAtAccuracy: when it stops, and which weights it leaves."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from training.callbacks import StopAtAccuracy


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])


def epoch(stop: StopAtAccuracy, number: int, accuracy: float, loss: float = 1.0) -> None:
    """End an epoch in which the weights were the number of the epoch."""
    stop.model.set_weights([np.full((2, 1), number, np.float32)])
    stop.on_epoch_end(number, {"val_accuracy": accuracy, "val_loss": loss})


def started(model: keras.Model, target: float = 0.0) -> StopAtAccuracy:
    stop = StopAtAccuracy(target)
    stop.set_model(model)
    model.stop_training = False
    return stop


def test_training_goes_on_below_the_target_and_ends_at_it(model: keras.Model) -> None:
    stop = started(model, target=0.9)
    epoch(stop, 0, 0.8999)
    assert not model.stop_training
    epoch(stop, 1, 0.9)
    assert model.stop_training


def test_without_a_target_it_never_ends_training(model: keras.Model) -> None:
    epoch(started(model), 0, 1.0)
    assert not model.stop_training


def test_the_best_weights_are_left_in_the_model(model: keras.Model) -> None:
    stop = started(model)
    for number, accuracy in enumerate((0.5, 0.8, 0.7)):
        epoch(stop, number, accuracy)
    stop.on_train_end()
    assert model.get_weights()[0].ravel().tolist() == [1.0, 1.0]
    assert stop.best_epoch == 1


def test_of_equal_accuracy_the_lower_loss_is_the_best(model: keras.Model) -> None:
    stop = started(model)
    for number, loss in enumerate((0.3, 0.1, 0.2)):
        epoch(stop, number, 0.8, loss)
    assert stop.best_epoch == 1
