"""A picture and its mirror image answered together: left and right mean nothing to clothing.

Averaging over transformed copies of a picture (Krizhevsky et al. 2012, section 4.1) costs twice the work at
serving and no training.
"""

from __future__ import annotations

import keras


def both_ways(model: keras.Model) -> keras.Model:
    """A model of the same inputs and outputs that gives the mean of what it gives for both directions.

    Args:
        model: images ``[N, 28, 28, 1]`` -> any number of outputs.
    """
    (images,) = model.inputs
    ahead, back = model(images), model(keras.ops.flip(images, axis=2))
    pairs = zip(keras.tree.flatten(ahead), keras.tree.flatten(back), strict=True)
    return keras.Model(model.inputs, [keras.layers.Average()(pair) for pair in pairs])
