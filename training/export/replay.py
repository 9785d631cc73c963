"""Load exported versions in a separate process and compute their answers.

``python -m training.export.replay IMAGES.npy ANSWERS.npz VERSION...`` imports none of the training job's
model code, so its results come from the exported files alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from serving.contract import (
    INPUT_IMAGES,
    OUTPUT_CARD,
    OUTPUT_OOD_SCORE,
    OUTPUT_PROBABILITIES,
    SIGNATURE_DESCRIBE,
    SIGNATURE_PREDICT,
    normalise,
)
from training.errors import ReplayFailed

_CHECKOUT = Path(__file__).resolve().parents[2]
_BATCH = 500


@dataclass(frozen=True)
class ReplayedAnswers:
    """The answers of a version.

    Attributes:
        probabilities: float32 ``[N, K]``.
        scores: float32 ``[N]``, ``ood_score``; NaN if the version has no such output.
        card: the card's JSON, as the ``describe`` signature returns it.
    """

    probabilities: NDArray[np.float32]
    scores: NDArray[np.float32]
    card: str


def replay(versions: Sequence[Path], images: NDArray[np.uint8]) -> list[ReplayedAnswers]:
    """Compute the answers of versions in a fresh process.

    Args:
        versions: folders of the versions.
        images: uint8 ``[N, 28, 28]``.

    Returns:
        The answers of each version, in the order of ``versions``.

    Raises:
        ReplayFailed: if a version cannot be loaded or run.
    """
    with TemporaryDirectory(prefix="replay-") as folder:
        asked, answered = Path(folder) / "images.npy", Path(folder) / "answers.npz"
        np.save(asked, images)
        path = os.pathsep.join([str(_CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])])
        process = subprocess.run(
            [sys.executable, "-m", __spec__.name, str(asked), str(answered), *map(str, versions)],
            env={**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"},
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode != 0:
            last = (process.stderr.strip().splitlines() or ["no message"])[-1]
            raise ReplayFailed(f"{', '.join(map(str, versions))} cannot be loaded and run: {last}")
        with np.load(answered) as stored:
            return [
                ReplayedAnswers(stored[f"probabilities_{n}"], stored[f"scores_{n}"], str(stored[f"card_{n}"]))
                for n in range(len(versions))
            ]


def main(arguments: Sequence[str]) -> None:
    """Run in the process that ``replay`` starts: paths of images, answers and versions."""
    import tensorflow as tf

    asked, answered, *versions = arguments
    images = np.load(asked)
    found: dict[str, NDArray[np.generic]] = {}
    for n, version in enumerate(versions):
        signatures = tf.saved_model.load(version).signatures
        predict, describe = signatures[SIGNATURE_PREDICT], signatures[SIGNATURE_DESCRIBE]
        starts = range(0, len(images), _BATCH)
        parts = [predict(**{INPUT_IMAGES: tf.constant(normalise(images[at : at + _BATCH]))}) for at in starts]
        found[f"probabilities_{n}"] = np.concatenate([part[OUTPUT_PROBABILITIES] for part in parts])
        missing = [np.full(len(part[OUTPUT_PROBABILITIES]), np.nan, np.float32) for part in parts]
        found[f"scores_{n}"] = np.concatenate(
            [part.get(OUTPUT_OOD_SCORE, none) for part, none in zip(parts, missing, strict=True)]
        )
        card = describe(**{INPUT_IMAGES: tf.constant(normalise(images[:1]))})[OUTPUT_CARD]
        found[f"card_{n}"] = np.array(card.numpy()[0].decode())
    np.savez(answered, **found)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(sys.argv[1:])
