"""Mixed precision where it pays: on GPUs. Untested there: none with TensorFlow was at hand.

bfloat16 has the range of float32, so that no loss has to be scaled; weights, moments and what is published
stay float32 (Kalamkar et al. 2019, "A study of bfloat16 for deep learning training").
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

FULL, MIXED = "float32", "mixed_bfloat16"


def of_this_machine() -> str:
    """``MIXED`` where there is a GPU, ``FULL`` elsewhere."""
    return MIXED if tf.config.list_physical_devices("GPU") else FULL


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Layers made inside the block compute in this precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
