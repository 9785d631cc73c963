"""StopAtAccuracy: when it stops, and which weights it leaves."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from training.callbacks import StopAtAccuracy
from training.recipes import recipe_for


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])


def epoch(stop: StopAtAccuracy, number: int, accuracy: float, loss: float = 1.0) -> None:
    """End an epoch in which the weights were the number of the epoch."""
    stop.model.set_weights([np.full((2, 1), number, np.float32)])
    stop.on_epoch_end(number, {"val_accuracy": accuracy, "val_loss": loss})


def started(model: keras.Model, target: float = 0.0, told: list[str] | None = None) -> StopAtAccuracy:
    stop = StopAtAccuracy(target, ([] if told is None else told).append)
    stop.set_model(model)
    model.stop_training = False
    return stop


def test_training_continues_below_the_target_and_stops_at_it(model: keras.Model) -> None:
    told: list[str] = []
    stop = started(model, target=0.9, told=told)
    epoch(stop, 0, 0.8999)
    assert not model.stop_training
    assert told == []
    epoch(stop, 1, 0.9)
    assert model.stop_training
    assert told == [
        "StopAtAccuracy ends the training after epoch 2: "
        "validation accuracy 0.9000 has reached the target of 0.9"
    ]


def test_without_a_target_training_never_stops_early(model: keras.Model) -> None:
    epoch(started(model), 0, 1.0)
    assert not model.stop_training


def test_the_best_weights_are_left_in_the_model(model: keras.Model) -> None:
    stop = started(model)
    for number, accuracy in enumerate((0.5, 0.8, 0.7)):
        epoch(stop, number, accuracy)
    stop.on_train_end()
    assert model.get_weights()[0].ravel().tolist() == [1.0, 1.0]
    assert stop.best_epoch == 1


def test_the_last_weights_are_kept_if_the_weights_settle(model: keras.Model) -> None:
    stop = StopAtAccuracy(keep_last=recipe_for("mnist", "cnn", "standard").comes_to_rest)
    stop.set_model(model)
    for number, accuracy in enumerate((0.5, 0.8, 0.7)):
        epoch(stop, number, accuracy)
    stop.on_train_end()
    assert model.get_weights()[0].ravel().tolist() == [2.0, 2.0]
    assert stop.best_epoch == 2


@pytest.mark.parametrize("own", [{"averaging": 0.0}, {"schedule": "constant"}])
def test_weights_do_not_settle_without_averaging_or_a_falling_learning_rate(own: dict[str, object]) -> None:
    assert not recipe_for("mnist", "cnn", "standard", own).comes_to_rest


def test_of_equal_accuracy_the_lower_loss_is_the_best(model: keras.Model) -> None:
    stop = started(model)
    for number, loss in enumerate((0.3, 0.1, 0.2)):
        epoch(stop, number, 0.8, loss)
    assert stop.best_epoch == 1


def test_the_callback_works_in_keras_fit(capsys: pytest.CaptureFixture[str]) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    pictures, labels = np.array([[1.0, 0.0], [0.0, 1.0]] * 20), np.array([0, 1] * 20)
    history = model.fit(
        pictures,
        labels,
        validation_data=(pictures, labels),
        epochs=500,
        verbose=0,
        callbacks=[StopAtAccuracy(1.0)],
    )
    assert len(history.epoch) < 500
    assert "StopAtAccuracy ends the training after epoch" in capsys.readouterr().out
