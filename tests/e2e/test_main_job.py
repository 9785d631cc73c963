"""Train on real data, publish, serve, classify test images through HTTP: the whole chain with real parts."""

from __future__ import annotations

import base64
import gzip
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from serving.contract import INPUT_IMAGES, OUTPUT_PROBABILITIES, SIGNATURE_PREDICT, normalise
from tests.e2e.conftest import Published
from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("e2e")
COUNT = 1000
PER_REQUEST = 100


def idx(path: Path, *, header: int) -> NDArray[np.uint8]:
    """The bytes of an IDX file behind its header."""
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


@pytest.fixture(scope="module")
def test_images(datasets_dir: Path) -> NDArray[np.uint8]:
    """The first 1,000 images of MNIST's test set, uint8 [1000, 28, 28]."""
    pixels = idx(datasets_dir / "mnist/t10k-images-idx3-ubyte.gz", header=16)
    return pixels.reshape(-1, 28, 28)[:COUNT]


@pytest.fixture(scope="module")
def test_labels(datasets_dir: Path) -> NDArray[np.uint8]:
    """Their labels."""
    return idx(datasets_dir / "mnist/t10k-labels-idx1-ubyte.gz", header=8)[:COUNT]


def png(pixels: NDArray[np.uint8]) -> bytes:
    """One picture as PNG bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def answers(mnist_stack: Stack, test_images: NDArray[np.uint8]) -> list[dict[str, Any]]:
    """The gateway's predictions for the 1,000 images, sent as PNG files."""
    found: list[dict[str, Any]] = []
    with httpx.Client(timeout=30.0) as http:
        for start in range(0, COUNT, PER_REQUEST):
            chunk = test_images[start : start + PER_REQUEST]
            files = [("image", (f"{start + i}.png", png(one), "image/png")) for i, one in enumerate(chunk)]
            url = f"{mnist_stack.url}/v1/models/mnist:classify?include=input,probabilities"
            reply = http.post(url, files=files, headers={"X-Request-Timeout": "5"})
            assert reply.status_code == 200, reply.text
            found += reply.json()["predictions"]
    return found


def test_the_command_reports_what_it_published(published_mnist: Published) -> None:
    report = published_mnist.report
    assert report["name"] == "mnist"
    assert report["version"] == 1
    assert report["test_accuracy"] >= 0.97
    assert report["parameters"] < 100_000
    assert report["epochs"] <= 2
    assert report["training_seconds"] > 0
    assert Path(report["path"]).resolve() == (published_mnist.models_dir / "mnist" / "1").resolve()
    assert (Path(report["run"])).is_dir()


def test_originals_reach_the_model_bit_for_bit(
    answers: list[dict[str, Any]], test_images: NDArray[np.uint8]
) -> None:
    for answer, original in zip(answers, test_images, strict=True):
        seen = Image.open(io.BytesIO(base64.b64decode(answer["input"]["png_b64"])))
        np.testing.assert_array_equal(np.asarray(seen), original)


def test_http_answers_are_those_of_the_saved_model_in_python(
    answers: list[dict[str, Any]],
    published_mnist: Published,
    test_images: NDArray[np.uint8],
    test_labels: NDArray[np.uint8],
) -> None:
    import tensorflow as tf

    signature = tf.saved_model.load(published_mnist.report["path"]).signatures[SIGNATURE_PREDICT]
    outputs = signature(**{INPUT_IMAGES: tf.constant(normalise(test_images))})
    expected = outputs[OUTPUT_PROBABILITIES].numpy()
    served = np.array([[a["probabilities"][str(digit)] for digit in range(10)] for a in answers])
    np.testing.assert_allclose(served, expected, atol=1e-4)
    right_in_python = int((expected.argmax(axis=1) == test_labels).sum())
    right_over_http = sum(int(a["label"]) == label for a, label in zip(answers, test_labels, strict=True))
    assert abs(right_in_python - right_over_http) <= 0.002 * COUNT
    assert right_over_http >= 0.96 * COUNT


def test_a_refused_model_exits_3_and_leaves_no_version(datasets_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training", "train", "--dataset", "mnist", "--model", "dense-512"]
    command += ["--epochs", "1", "--min-accuracy", "0.999", "--models-dir", str(tmp_path / "m")]
    command += ["--data-dir", str(datasets_dir), "--run-dir", str(tmp_path / "runs")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 3, done.stderr[-4000:]
    versions = [p for p in (tmp_path / "m" / "mnist").glob("*") if p.name.isdigit()]
    assert versions == []
    assert any((tmp_path / "runs").iterdir())
