"""IDX files: reading, and the errors for broken files."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from training.datasets import idx
from training.errors import CorruptDataset

IMAGES = np.arange(2 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(2, 28, 28)
LABELS = np.array([7, 3], np.uint8)


def stored(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_encoded_images_are_read_back(tmp_path: Path, pack: type[bytes]) -> None:
    path = stored(tmp_path / "images", pack(idx.encode(IMAGES)))
    np.testing.assert_array_equal(idx.read(path, 3), IMAGES)


def test_labels_are_read_back(tmp_path: Path) -> None:
    path = stored(tmp_path / "labels", idx.encode(LABELS))
    np.testing.assert_array_equal(idx.read(path, 1), LABELS)


def test_a_truncated_file_is_refused_with_expected_and_found_size(tmp_path: Path) -> None:
    path = stored(tmp_path / "images", idx.encode(IMAGES)[:-5])
    with pytest.raises(CorruptDataset, match=r"images: expected 1,584 bytes of content, found 1,579"):
        idx.read(path, 3)


def test_a_truncated_gzip_file_is_named(tmp_path: Path) -> None:
    path = stored(tmp_path / "images.gz", gzip.compress(idx.encode(IMAGES))[:-20])
    with pytest.raises(CorruptDataset, match=r"images\.gz: expected a complete gzip file"):
        idx.read(path, 3)


def test_a_wrong_magic_number_is_named_with_the_expected_one(tmp_path: Path) -> None:
    path = stored(tmp_path / "images", struct.pack(">4I", 1234, 2, 28, 28) + IMAGES.tobytes())
    with pytest.raises(CorruptDataset, match=r"images: expected magic number 2051, found 1234"):
        idx.read(path, 3)


def test_a_wrong_checksum_is_named_with_the_expected_one(tmp_path: Path) -> None:
    path = stored(tmp_path / "labels", idx.encode(LABELS))
    with pytest.raises(
        CorruptDataset, match=r"labels: expected content with SHA-256 0{64}, found [0-9a-f]{64}"
    ):
        idx.read(path, 1, sha256="0" * 64)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptDataset, match="expected a header of 8 bytes, found only 0 bytes"):
        idx.read(stored(tmp_path / "labels", b""), 1)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorruptDataset, match="nowhere: cannot be read"):
        idx.read(tmp_path / "nowhere", 1)
