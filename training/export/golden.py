"""The golden set: some test pictures as PNG with the tensors and answers that they must give.

Layout: ``assets.extra/golden/NNN.png`` and ``assets.extra/golden.json``. Read without TensorFlow, so that a
running service can be checked against training from anywhere.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.contract import normalise
from serving.store.layout import EXTRA_FOLDER
from training.errors import ReplayFailed

PICTURES = 32
TOLERANCE = 1e-4
_FOLDER = "golden"
_INDEX = "golden.json"


@dataclass(frozen=True)
class Golden:
    """Pictures and what they must give.

    Attributes:
        images: uint8 ``[N, 28, 28]``.
        labels: uint8 ``[N]``, the right answers.
        probabilities: float32 ``[N, K]``.
        scores: float32 ``[N]``, of ``ood_score``.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    scores: NDArray[np.float32]

    def difference(self, probabilities: NDArray[np.float32]) -> float:
        """The largest difference of any probability."""
        return float(np.abs(self.probabilities - probabilities).max())


def write(golden: Golden, version: Path) -> None:
    """Store the set in a version's folder."""
    folder = version / EXTRA_FOLDER / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for n, image in enumerate(golden.images):
        file = f"{n:03}.png"
        (folder / file).write_bytes(to_png(image))
        rows.append(
            {
                "file": f"{_FOLDER}/{file}",
                "label": int(golden.labels[n]),
                "tensor_sha256": _tensor_sha256(image),
                "probabilities": [float(p) for p in golden.probabilities[n]],
                "ood_score": float(golden.scores[n]),
            }
        )
    index = {"tolerance": TOLERANCE, "images": rows}
    (version / EXTRA_FOLDER / _INDEX).write_text(json.dumps(index, indent=1, allow_nan=False) + "\n")


def read(version: Path) -> Golden:
    """The golden set of a published version.

    Raises:
        ReplayFailed: if it has none, or a picture is not the one that was stored.
    """
    extra = version / EXTRA_FOLDER
    try:
        rows = json.loads((extra / _INDEX).read_text())["images"]
        images = np.stack([np.asarray(Image.open(extra / row["file"])) for row in rows])
    except (OSError, ValueError, KeyError) as error:
        raise ReplayFailed(f"{version} has no readable golden set: {error}") from error
    for row, image in zip(rows, images, strict=True):
        if _tensor_sha256(image) != row["tensor_sha256"]:
            raise ReplayFailed(f"{extra / row['file']} is not the picture that was stored")
    return Golden(
        images,
        np.array([row["label"] for row in rows], np.uint8),
        np.array([row["probabilities"] for row in rows], np.float32),
        np.array([row["ood_score"] for row in rows], np.float32),
    )


def to_png(image: NDArray[np.uint8]) -> bytes:
    """A grey picture uint8 ``[28, 28]`` as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def _tensor_sha256(image: NDArray[np.uint8]) -> str:
    return hashlib.sha256(normalise(image).tobytes()).hexdigest()
