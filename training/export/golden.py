"""The golden set of a version: files with the pixels and probabilities that they must result in.

It has unchanged test pictures and hard pictures. ``assets.extra/golden`` has the files to send (``NNN.png``
or ``NNN.jpg``) and the pixels that the model must get (``NNN.prepared.png``), ``assets.extra/golden.json``
the rest. Reading it needs no TensorFlow, so a running service can be checked from any machine.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.contract import normalise
from serving.store.layout import EXTRA_FOLDER
from training.errors import ReplayFailed

PICTURES = 32
UPLOADS = 8
TOLERANCE = 1e-4
_FOLDER = "golden"
_INDEX = "golden.json"
_KINDS = {b"\x89P": "png", b"\xff\xd8": "jpg"}


@dataclass(frozen=True)
class Golden:
    """Pictures and the answers that they must get.

    Attributes:
        files: N files to send, PNG or JPEG.
        images: uint8 ``[N, 28, 28]``, the pixels that the model must get.
        labels: uint8 ``[N]``, the right classes.
        probabilities: float32 ``[N, K]``, the expected answers.
        scores: float32 ``[N]``, the expected ``ood_score``.
    """

    files: tuple[bytes, ...]
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    scores: NDArray[np.float32]

    def difference(self, probabilities: NDArray[np.float32]) -> float:
        """Return the largest absolute difference from the expected probabilities ``[N, K]``."""
        return float(np.abs(self.probabilities - probabilities).max())


def write(golden: Golden, version: Path) -> None:
    """Write the set into a version's folder.

    Raises:
        OSError: if a file cannot be written.
    """
    folder = version / EXTRA_FOLDER / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for n, (content, image) in enumerate(zip(golden.files, golden.images, strict=True)):
        file, prepared = f"{n:03}.{_KINDS[content[:2]]}", f"{n:03}.prepared.png"
        (folder / file).write_bytes(content)
        (folder / prepared).write_bytes(to_png(image))
        rows.append(
            {
                "file": f"{_FOLDER}/{file}",
                "file_sha256": hashlib.sha256(content).hexdigest(),
                "prepared": f"{_FOLDER}/{prepared}",
                "label": int(golden.labels[n]),
                "tensor_sha256": _tensor_sha256(image),
                "probabilities": [float(p) for p in golden.probabilities[n]],
                "ood_score": float(golden.scores[n]),
            }
        )
    index = {"tolerance": TOLERANCE, "images": rows}
    (version / EXTRA_FOLDER / _INDEX).write_text(json.dumps(index, indent=1, allow_nan=False) + "\n")


def read(version: Path) -> Golden:
    """Read the golden set of a published version.

    Raises:
        ReplayFailed: if there is none, or a picture's checksum differs.
    """
    extra = version / EXTRA_FOLDER
    try:
        rows = json.loads((extra / _INDEX).read_text())["images"]
        files = [(extra / row["file"]).read_bytes() for row in rows]
        images = [np.asarray(Image.open(extra / row["prepared"])) for row in rows]
    except (OSError, ValueError, KeyError) as error:
        raise ReplayFailed(f"{version} has no readable golden set: {error}") from error
    for row, content, image in zip(rows, files, images, strict=True):
        _check(extra, row, content, image)
    return Golden(
        tuple(files),
        np.stack(images),
        np.array([row["label"] for row in rows], np.uint8),
        np.array([row["probabilities"] for row in rows], np.float32),
        np.array([row["ood_score"] for row in rows], np.float32),
    )


def to_png(image: NDArray[np.uint8]) -> bytes:
    """Encode a grey picture, uint8 ``[28, 28]``, as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def _check(extra: Path, row: dict[str, Any], content: bytes, image: NDArray[np.uint8]) -> None:
    if hashlib.sha256(content).hexdigest() != row["file_sha256"]:
        raise ReplayFailed(f"{extra / row['file']} was changed since it was stored")
    if _tensor_sha256(image) != row["tensor_sha256"]:
        raise ReplayFailed(f"{extra / row['prepared']} was changed since it was stored")


def _tensor_sha256(image: NDArray[np.uint8]) -> str:
    return hashlib.sha256(normalise(image).tobytes()).hexdigest()
