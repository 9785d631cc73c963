"""The golden set: pictures and answers are read as they were stored, and a changed picture is noticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.errors import ReplayFailed
from training.export import golden
from training.export.golden import Golden


@pytest.fixture
def known() -> Golden:
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.ones(10), size=3).astype(np.float32)
    images = random.integers(0, 256, (3, 28, 28)).astype(np.uint8)
    files = tuple(golden.to_png(255 - image) for image in images)
    return Golden(files, images, np.array([1, 2, 3], np.uint8), shares, np.array([1, 2, 3], np.float32))


def test_a_written_golden_set_is_read_back(known: Golden, tmp_path: Path) -> None:
    golden.write(known, tmp_path)
    found = golden.read(tmp_path)
    assert found.files == known.files
    np.testing.assert_array_equal(found.images, known.images)
    np.testing.assert_array_equal(found.labels, known.labels)
    assert found.difference(known.probabilities) == 0


def test_the_difference_is_the_largest_of_any_probability(known: Golden) -> None:
    other = known.probabilities.copy()
    other[1, 4] += 0.25
    assert known.difference(other) == pytest.approx(0.25)


@pytest.mark.parametrize("file", ["001.png", "001.prepared.png"])
def test_a_picture_that_was_changed_is_noticed(known: Golden, file: str, tmp_path: Path) -> None:
    golden.write(known, tmp_path)
    picture = tmp_path / "assets.extra" / "golden" / file
    picture.write_bytes(golden.to_png(known.images[0]))
    with pytest.raises(ReplayFailed, match=f"{file} was changed since it was stored"):
        golden.read(tmp_path)


def test_a_version_without_a_golden_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReplayFailed, match="no readable golden set"):
        golden.read(tmp_path)
