"""A picture and its mirror image answered together: left and right mean nothing to clothing.

Averaging over transformed copies of a picture (Krizhevsky et al. 2012, section 4.1) costs twice the work at
serving and no training.
"""

from __future__ import annotations

import keras


def flip_averaged(model: keras.Model) -> keras.Model:
    """A model whose logits are the mean of those for a picture and for its mirror image.

    The features stay those of the picture itself: averaged, they tell strangers apart less well.

    Args:
        model: images ``[N, 28, 28, 1]`` -> logits ``[N, K]`` and features ``[N, D]``.
    """
    (images,) = model.inputs
    logits, features = model(images)
    mirrored, _ = model(keras.ops.flip(images, axis=2))
    return keras.Model(model.inputs, [keras.layers.Average()([logits, mirrored]), features])
