"""Test-time augmentation for clothing: average over a picture and its mirror image.

Averaging over transformed copies of a picture (Krizhevsky et al. 2012, section 4.1) doubles the work of
serving and adds none to training. A mirrored garment is still the same garment; a mirrored digit is not.
"""

from __future__ import annotations

import keras


def flip_averaged(model: keras.Model) -> keras.Model:
    """Return a model that averages the logits of a picture and of its mirror image.

    The features stay those of the picture: averaged features detect strangers less well.

    Args:
        model: images ``[N, 28, 28, 1]`` -> logits ``[N, K]`` and features ``[N, D]``; so is the result.
    """
    (images,) = model.inputs
    logits, features = model(images)
    mirrored, _ = model(keras.ops.flip(images, axis=2))
    return keras.Model(model.inputs, [keras.layers.Average()([logits, mirrored]), features])
