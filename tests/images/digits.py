"""Pictures of digits with known labels: scikit-learn's bundled set, as the training job scales them."""

from __future__ import annotations

import base64
import functools
import io
import json
import urllib.request

from numpy.typing import NDArray
from PIL import Image as Pictures

from training.datasets import load

SHARE = 0.95
# The pictures are 28 x 28 and framed as the model knows them: nothing is to be found or centred.
QUERY = "fit=stretch"


@functools.cache
def _test_set() -> tuple[NDArray, NDArray]:  # type: ignore[type-arg]
    data = load("digits")
    return data.test.images, data.test.labels


def one() -> tuple[bytes, str]:
    """A picture as PNG, and its label."""
    images, labels = _test_set()
    return _png(images[0]), str(int(labels[0]))


def classify(port: int, model: str, count: int = 100) -> str:
    """Classify some test pictures through a gateway.

    Raises:
        AssertionError: when fewer than 95 in 100 are right; on its whole test set the model has 99.
    """
    images, labels = _test_set()
    body = {"images": [{"b64": base64.b64encode(_png(image)).decode()} for image in images[:count]]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/models/{model}:classify?{QUERY}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        predictions = json.load(reply)["predictions"]
    right = sum(
        prediction.get("label") == str(int(label))
        for prediction, label in zip(predictions, labels, strict=False)
    )
    assert right >= SHARE * count, f"only {right} of {count} test pictures are right"
    return f"{right} of {count} pictures right"


def _png(image: NDArray) -> bytes:  # type: ignore[type-arg]
    buffer = io.BytesIO()
    Pictures.fromarray(image.reshape(28, 28)).save(buffer, "PNG")
    return buffer.getvalue()
