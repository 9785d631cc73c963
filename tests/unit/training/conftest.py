"""Set-up of TensorFlow for the tests of this folder."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before any test imports TensorFlow


@pytest.fixture(scope="session")
def deterministic() -> None:
    """Make TensorFlow's operations deterministic; there is no way back within a process."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
