"""Version labels over the whole chain: the versions command, the model server, the gateway."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from serving import administration
from tests.stack import Stack, running_stack


@pytest.fixture(scope="module")
def labelled(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with versions 1 and 2 of ``digits``; 1 is labelled stable, 2 canary."""
    folder = tmp_path_factory.mktemp("labelled")
    for version in ("1", "2"):
        shutil.copytree(models_dir / "digits" / "1", folder / "models" / "digits" / version)
    for arguments in (["1"], ["2", "--canary"]):
        command = ["promote", "digits", *arguments, "--models-dir", str(folder / "models")]
        assert administration.main(command) == 0
    with running_stack(folder / "models", folder / "stack") as stack:
        yield stack


def classify(stack: Stack, path: str) -> httpx.Response:
    """Send a drawn one to a path below the model."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 13:15] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    url = f"{stack.url}/v1/models/digits{path}:classify"
    return httpx.post(url, content=buffer.getvalue(), headers={"Content-Type": "image/png"})


@pytest.mark.parametrize(
    ("path", "version"),
    [("/labels/stable", 1), ("/labels/canary", 2), ("/versions/1", 1), ("/versions/2", 2), ("", 2)],
)
def test_a_label_or_a_number_chooses_the_version_that_answers(
    labelled: Stack, path: str, version: int
) -> None:
    reply = classify(labelled, path)
    assert reply.status_code == 200, reply.text
    assert reply.json()["model"] == {"name": "digits", "version": version}


@pytest.mark.parametrize("path", ["/labels/beta", "/versions/3"])
def test_a_label_or_number_that_does_not_exist_is_404(labelled: Stack, path: str) -> None:
    assert classify(labelled, path).status_code == 404
