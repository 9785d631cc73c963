"""The main job on real data, once for all tests of this folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.stack import Stack, running_stack


@dataclass(frozen=True)
class Published:
    """What the training command said and where it published."""

    models_dir: Path
    report: dict[str, Any]


@pytest.fixture(scope="session")
def published_mnist(datasets_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """MNIST trained by the command itself, quickly, and published."""
    folder = tmp_path_factory.mktemp("main-job")
    command = [sys.executable, "-m", "training", "train", "--dataset", "mnist", "--model", "cnn"]
    command += ["--profile", "fast", "--epochs", "2", "--min-accuracy", "0.97", "--seed", "1"]
    command += ["--data-dir", str(datasets_dir), "--models-dir", str(folder / "models")]
    command += ["--run-dir", str(folder / "runs")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return Published(folder / "models", json.loads(done.stdout.strip().splitlines()[-1]))


@pytest.fixture(scope="session")
def mnist_stack(published_mnist: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running stack that serves the freshly trained MNIST model."""
    with running_stack(published_mnist.models_dir, tmp_path_factory.mktemp("mnist-stack")) as stack:
        yield stack
