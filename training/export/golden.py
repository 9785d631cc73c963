"""The golden set: pictures with what must become of them, from the bytes of the file to the probabilities.

Some are test pictures as they are, some uploads as people send them. In ``assets.extra/golden`` lie
``NNN.png`` or ``NNN.jpg`` (what is sent) and ``NNN.prepared.png`` (what the model must see), beside it
``golden.json``. Read without TensorFlow, so that a running service can be checked from anywhere.
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
    """Pictures and what they must give.

    Attributes:
        files: what is sent, PNG or JPEG.
        images: uint8 ``[N, 28, 28]``, what the model must see.
        labels: uint8 ``[N]``, the right answers.
        probabilities: float32 ``[N, K]``.
        scores: float32 ``[N]``, of ``ood_score``.
    """

    files: tuple[bytes, ...]
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
    """The golden set of a published version.

    Raises:
        ReplayFailed: if it has none, or a picture is not the one that was stored.
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
    """A grey picture uint8 ``[28, 28]`` as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def _check(extra: Path, row: dict[str, Any], content: bytes, image: NDArray[np.uint8]) -> None:
    if hashlib.sha256(content).hexdigest() != row["file_sha256"]:
        raise ReplayFailed(f"{extra / row['file']} is not the picture that was stored")
    if _tensor_sha256(image) != row["tensor_sha256"]:
        raise ReplayFailed(f"{extra / row['prepared']} is not the picture that was stored")


def _tensor_sha256(image: NDArray[np.uint8]) -> str:
    return hashlib.sha256(normalise(image).tobytes()).hexdigest()
