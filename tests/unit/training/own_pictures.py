"""Small data sets of drawn pictures, written in each form that ``--dataset PATH`` takes."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.datasets import Split, idx

Pixels = NDArray[np.uint8]


def drawn(classes: int, each: int, side: int = 60, seed: int = 0) -> tuple[list[Pixels], list[int]]:
    """Black strokes on white, the same number of each class, every picture another one.

    A class is an angle and a number of strokes.
    """
    random = np.random.default_rng(seed)
    pictures, labels = [], []
    for _ in range(each):
        for label in range(classes):
            pictures.append(stroke(label, side, random))
            labels.append(label)
    return pictures, labels


def stroke(label: int, side: int, random: np.random.Generator) -> Pixels:
    """One to three strokes at an angle, each drawn with an unsteady hand."""
    image = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(image)
    angle = np.pi * (label % 12) / 12 + random.uniform(-0.04, 0.04)
    reach, middle = side * random.uniform(0.3, 0.38), side / 2
    across = np.array([-np.sin(angle), np.cos(angle)]) * side * 0.14
    for n in range(1 + label // 12):
        centre = np.array([middle, middle]) + across * (n - label // 24) + random.uniform(-1, 1, 2)
        along = reach * np.array([np.cos(angle), np.sin(angle)])
        places = (
            centre + np.linspace(-1, 1, 7)[:, None] * along + random.uniform(-0.025, 0.025, (7, 2)) * side
        )
        pen.line([tuple(place) for place in places.tolist()], fill=0, width=max(2, side // 14))
    return np.asarray(image)


def as_folder(folder: Path, pictures: Sequence[Pixels], labels: Sequence[object]) -> Path:
    """A folder for each class, the files numbered in the order of the pictures."""
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        place = folder / str(label)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place / f"{number}.png")
    return folder


def split_as(form: str, folder: Path, train: Split, test: Split) -> Path:
    """Prepared pictures in one of the forms; the path to pass."""
    folder.mkdir(parents=True)
    if form == "folder":
        for name, part in (("train", train), ("test", test)):
            as_folder(folder / name, list(part.images), part.labels.tolist())
    elif form == "npz":
        np.savez(
            folder / "set.npz",
            x_train=train.images, y_train=train.labels, x_test=test.images, y_test=test.labels,
        )  # fmt: skip
        return folder / "set.npz"
    elif form in ("idx", "idx.gz"):
        for name, part in (("train", train), ("t10k", test)):
            for kind, array in (("images-idx3", part.images), ("labels-idx1", part.labels.astype(np.uint8))):
                content = idx.encode(array)
                packed = gzip.compress(content) if form == "idx.gz" else content
                suffix = ".gz" if form == "idx.gz" else ""
                (folder / f"{name}-{kind}-ubyte{suffix}").write_bytes(packed)
    else:
        for name, part in (("train", train), ("test", test)):
            with (folder / f"{name}.csv").open("w", newline="") as file:
                rows = csv.writer(file)
                rows.writerow(["label", *(f"pixel{n}" for n in range(784))])
                rows.writerows(
                    [label, *image.ravel().tolist()]
                    for image, label in zip(part.images, part.labels.tolist(), strict=True)
                )
    return folder
