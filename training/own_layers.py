"""A user's own net: a Python file whose ``build()`` returns a list of Keras layers."""

from __future__ import annotations

import runpy
from pathlib import Path

import keras

from training.errors import FittingFailed

EXAMPLE = "def build(): return [keras.layers.Flatten(), keras.layers.Dense(10)]"


def read(file: Path) -> list[keras.layers.Layer]:
    """Run the file and return the layers that its ``build()`` returns.

    ``build()`` may return a ``keras.Sequential`` instead of a list.

    Raises:
        FittingFailed: if the file cannot be run or its ``build()`` is missing or returns anything else.
    """
    try:
        names = runpy.run_path(str(file))
        given = names["build"]() if "build" in names else None
    except (Exception, SystemExit) as error:  # whatever is in that file; an exit would be this job's
        raise FittingFailed(f"{file}: {type(error).__name__}: {error}") from error
    if "build" not in names:
        raise FittingFailed(f"{file} has no build(); add one, for example: {EXAMPLE}")
    layers = given.layers if isinstance(given, keras.Sequential) else given
    if not isinstance(layers, list) or not all(isinstance(each, keras.layers.Layer) for each in layers):
        raise FittingFailed(
            f"build() of {file} must return a list of Keras layers, not {type(given).__name__}"
        )
    return layers
