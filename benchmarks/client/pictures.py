"""Folders of small PNG files: scikit-learn's digits, in the frame that MNIST has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from client.png import encode


def write_pictures(folder: Path, count: int) -> Path:
    """Write ``count`` PNG files of 28x28, each of the 1,797 digits over and over."""
    folder.mkdir(parents=True, exist_ok=True)
    digits = [_png(digit) for digit in load_digits().images]
    for number in range(count):
        (folder / f"{number:07d}.png").write_bytes(digits[number % len(digits)])
    return folder


def _png(digit: np.ndarray) -> bytes:
    """8x8 with values 0..16 as 28x28: each pixel 2x2, centred."""
    frame = np.zeros((28, 28), np.uint8)
    frame[6:22, 6:22] = np.kron(digit * (255 / 16), np.ones((2, 2))).astype(np.uint8)
    return encode(frame.tobytes(), 28, 28)
