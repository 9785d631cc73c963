"""Pictures for the tests of preparation: MNIST, and pages as people photograph them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Encode = Callable[..., bytes]


def idx_images(path: Path) -> NDArray[np.uint8]:
    """Pictures of an IDX file: uint8 ``[N, 28, 28]``."""
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=16).reshape(-1, 28, 28)


@pytest.fixture(scope="session")
def all_digits(datasets_dir: Path) -> NDArray[np.uint8]:
    """All 70,000 pictures of MNIST."""
    folder = datasets_dir / "mnist"
    parts = [idx_images(folder / f"{part}-images-idx3-ubyte.gz") for part in ("train", "t10k")]
    return np.concatenate(parts)


@pytest.fixture(scope="session")
def digit(all_digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """MNIST's first picture, a five."""
    return all_digits[0]


@pytest.fixture(scope="session")
def page(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The five, dark on white, ten times larger, off-centre on a page of 500x400: uint8."""
    large = np.asarray(Image.fromarray(digit).resize((280, 280), Image.Resampling.BICUBIC))
    paper = np.full((500, 400), 255, dtype=np.uint8)
    paper[190:470, 60:340] = 255 - large
    return paper


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Encode pixels or a Pillow image as a file."""

    def encoded(image: NDArray[np.uint8] | Image.Image, name: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401
        out = BytesIO()
        opened = image if isinstance(image, Image.Image) else Image.fromarray(image)
        opened.save(out, name, **options)
        return out.getvalue()

    return encoded
