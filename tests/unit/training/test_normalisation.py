"""Batch normalisation by the fused kernel, compared with Keras's own layer."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from training import models, precision
from training.architectures import Options
from training.normalisation import FusedBatchNormalization

SHAPE = (8, 5, 7, 3)
COUNT = 8 * 5 * 7  # values of one channel
MOMENTUM = 0.9

Array = NDArray[np.float32]


def values(seed: int, shape: tuple[int, ...] = SHAPE) -> Array:
    return np.random.default_rng(seed).normal(0.5, 2.0, shape).astype(np.float32)


def weights(seed: int = 1) -> list[Array]:
    """gamma, beta, moving mean and moving variance."""
    return [values(seed + n, (3,)) for n in range(3)] + [np.abs(values(seed + 3, (3,)))]


def layer(kind: type[layers.BatchNormalization]) -> layers.BatchNormalization:
    made = kind(momentum=MOMENTUM)
    made.build((None, *SHAPE[1:]))
    made.set_weights(weights())
    return made


def learnt(made: layers.BatchNormalization) -> tuple[Array, list[Array]]:
    """The outputs of a step of training, and the gradients with respect to inputs, gamma and beta."""
    inputs = tf.constant(values(7))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = made(inputs, training=True)
        total = tf.reduce_sum(outputs * values(8))
    towards = [inputs, made.gamma.value, made.beta.value]
    return outputs.numpy(), [each.numpy() for each in tape.gradient(total, towards)]


def test_a_step_of_training_gives_the_outputs_and_gradients_of_keras() -> None:
    outputs, gradients = learnt(layer(FusedBatchNormalization))
    expected, gradients_expected = learnt(layer(layers.BatchNormalization))
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    for one, other in zip(gradients, gradients_expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_the_moving_mean_is_that_of_keras_and_the_variance_that_of_a_sample() -> None:
    fused, plain = layer(FusedBatchNormalization), layer(layers.BatchNormalization)
    learnt(fused), learnt(plain)
    np.testing.assert_allclose(fused.moving_mean, plain.moving_mean, rtol=1e-5, atol=1e-6)
    kept = MOMENTUM * weights()[3]
    of_batch = (np.asarray(plain.moving_variance) - kept) * COUNT / (COUNT - 1)
    np.testing.assert_allclose(fused.moving_variance, kept + of_batch, rtol=1e-5)
    assert (np.asarray(fused.moving_variance) > np.asarray(plain.moving_variance)).all()


@pytest.mark.parametrize("trainable", [True, False])
def test_in_inference_and_frozen_the_layer_equals_keras_bit_for_bit(trainable: bool) -> None:
    fused, plain = layer(FusedBatchNormalization), layer(layers.BatchNormalization)
    fused.trainable = plain.trainable = trainable
    inputs = tf.constant(values(7))
    frozen_in_training = not trainable
    outputs = fused(inputs, training=frozen_in_training).numpy()
    np.testing.assert_array_equal(outputs, plain(inputs, training=frozen_in_training).numpy())
    for now, before in zip(fused.get_weights(), weights(), strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize("training", [True, False])
def test_in_mixed_precision_the_layer_computes_in_bfloat16_with_float32_weights(training: bool) -> None:
    with precision.computing_in(precision.MIXED):
        mixed = layer(FusedBatchNormalization)
    inputs = tf.cast(values(7), tf.bfloat16)
    outputs = mixed(inputs, training=training)
    assert outputs.dtype == tf.bfloat16
    assert {weight.dtype for weight in mixed.weights} == {"float32"}
    full = layer(FusedBatchNormalization)(tf.cast(inputs, tf.float32), training=training)
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), full, rtol=0.02, atol=0.02)


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning")  # Keras, saving
@pytest.mark.parametrize("architecture", ["cnn-small", "resnet"])
def test_a_saved_model_with_the_layer_loads_again(architecture: str, tmp_path: Path) -> None:
    model = models.build(architecture, Options(units=4), classes=10)
    images = values(9, (2, 28, 28, 1))
    model(images, training=True)  # so that the moving sums are not those of a new layer
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert FusedBatchNormalization in {type(each) for each in loaded.layers}
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))


def around(normalisation: layers.BatchNormalization) -> keras.Sequential:
    """A small net with this layer in its middle."""
    return keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Conv2D(3, 3), normalisation, layers.Flatten(), layers.Dense(2)]
    )


def test_weights_can_be_exchanged_with_a_net_of_keras_layers() -> None:
    fused, plain = around(FusedBatchNormalization()), around(layers.BatchNormalization())
    images = values(10, (4, 6, 6, 1))
    for source, target in ((fused, plain), (plain, fused)):
        source(images, training=True)
        assert [each.name for each in source.weights] == [each.name for each in target.weights]
        target.set_weights(source.get_weights())
        np.testing.assert_array_equal(target.predict(images, verbose=0), source.predict(images, verbose=0))
