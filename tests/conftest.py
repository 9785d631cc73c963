"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.published import publish_digits
from tests.stack import Stack, running_stack
from training.datasets import sources


@pytest.fixture(scope="session")
def shared_tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all parallel test processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def models_dir(shared_tmp: Path) -> Path:
    """A models folder with ``digits`` version 1, trained on real data; not to be changed by tests."""
    folder = shared_tmp / "published" / "models"
    publish_digits(folder)
    return folder


@pytest.fixture(scope="session")
def stack(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running stack that serves ``digits``; shared, so tests must not kill its parts."""
    with running_stack(models_dir, tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def datasets_dir() -> Path:
    """A folder with MNIST and Fashion-MNIST as IDX files; ``make data`` downloads them.

    Tests that need it are skipped where there is none, and fail in CI.
    """
    for place in sources.places(None, os.environ):
        if all((place.path / name).is_dir() for name in ("mnist", "fashion_mnist")):
            return place.path
    message = (
        "MNIST and Fashion-MNIST are not on this machine: run `make data`, or name a folder in MNIST_DATA_DIR"
    )
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
