"""Own pictures as other programs and systems write them: read as meant, or refused with one sentence."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.contract import RECIPE_INK, RECIPE_NONE
from serving.images import Limits
from tests.unit.training.own_pictures import Pixels, as_folder, drawn
from training.datasets import Asked, Dataset, Extra, idx, open_dataset
from training.datasets.own.forms import find
from training.errors import BadDataset


def opened(path: Path, **asked: object) -> Dataset:
    return open_dataset(str(path), None, Asked(**{"recipe": RECIPE_NONE, **asked}))  # type: ignore[arg-type]


def npz(path: Path, **members: object) -> Path:
    np.savez(path, **members)  # type: ignore[arg-type]
    return path


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def small(each: int = 12) -> tuple[Pixels, list[int]]:
    """Pictures of 8x8 of two classes, and their labels."""
    random = np.random.default_rng(0)
    return random.integers(0, 256, (2 * each, 8, 8), np.uint8), [0, 1] * each


def table(labels: tuple[str, str], heading: str = "") -> str:
    """The rows of a CSV file with pictures of two classes."""
    pictures, numbers = small()
    rows = (
        ",".join([labels[number], *map(str, picture.ravel())])
        for picture, number in zip(pictures, numbers, strict=True)
    )
    return heading + "".join(f"{row}\n" for row in rows)


# Folders


def test_parts_may_be_in_capitals(tmp_path: Path) -> None:
    as_folder(tmp_path / "s" / "Train", *drawn(2, 20))
    as_folder(tmp_path / "s" / "TEST", *drawn(2, 5, seed=1))
    found = opened(tmp_path / "s")
    assert (found.labels, len(found.test)) == (("0", "1"), 10)


def test_a_folder_beside_the_training_part_is_noted(tmp_path: Path) -> None:
    as_folder(tmp_path / "s" / "train", *drawn(2, 12))
    as_folder(tmp_path / "s", *drawn(1, 3, seed=1))
    written(tmp_path / "s" / "test" / "1.png", b"")
    assert find(tmp_path / "s").notes == (
        "the folder 0 is not in train and was left out",
        "the folder test is not in train and was left out",
    )


def test_a_class_folder_without_pictures_is_noted(tmp_path: Path) -> None:
    path = as_folder(tmp_path / "s", *drawn(2, 12))
    (path / "omega" / "deeper").mkdir(parents=True)
    assert find(path).notes == ("the class folder omega holds no pictures and was left out",)


def test_a_folder_without_a_training_part_is_refused(tmp_path: Path) -> None:
    as_folder(tmp_path / "s" / "test", *drawn(2, 12))
    with pytest.raises(BadDataset, match="has the part test, but no folder train"):
        opened(tmp_path / "s")


def test_labels_txt_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = as_folder(tmp_path / "s", *drawn(2, 12))
    (path / "labels.txt").write_text("1\r\n0\r\n", encoding="utf-8-sig")
    assert opened(path).labels == ("1", "0")


def test_a_table_of_something_else_beside_the_class_folders_is_left_out(tmp_path: Path) -> None:
    path = as_folder(tmp_path / "s", *drawn(2, 12))
    written(path / "metadata.csv", "file,author\n0.png,me\n")
    assert find(path).notes == ("metadata.csv is in no class folder and was left out",)


def test_a_file_too_large_for_an_upload_is_not_read(tmp_path: Path) -> None:
    path = as_folder(tmp_path / "s", *drawn(2, 12))
    with (path / "0" / "film.mp4").open("wb") as file:
        file.truncate(1 << 40)  # more than any memory; nothing is on disk
    (rejected,) = opened(path, max_bad=0.1).rejected
    assert rejected.name == "0/film.mp4"
    assert f"{Limits().max_bytes:,} are allowed" in rejected.reason


# Archives, tables and IDX files


def test_class_names_may_be_bytes(tmp_path: Path) -> None:
    pictures, labels = small()
    path = npz(tmp_path / "s.npz", x_train=pictures, y_train=labels, labels=np.array([b"cat", b"dog"]))
    assert opened(path).labels == ("cat", "dog")


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"y_train": np.array(3)}, "must be one number or text per picture"),
        ({"y_train": [0, np.inf] * 12}, "must be whole numbers or text"),
        ({"y_train": [b"\xff", b"x"] * 12}, "must be UTF-8 text"),
        ({"y_train": np.array(["cat", "dog"] * 12, object)}, "write labels as numbers or text"),
        ({"y_train": [-1, 0] * 12, "labels": ["cat", "dog"]}, "has the label -1"),
        ({"y_train": ["cat", "dog"] * 12, "labels": ["cat", "cow"]}, "the label 'dog', which is not among"),
        ({"y_train": [0, 1] * 12, "labels": ["cat", "cat"]}, "must name each class once"),
    ],
)
def test_unusable_labels_of_an_archive_are_refused(
    tmp_path: Path, members: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadDataset, match=words):
        opened(npz(tmp_path / "s.npz", x_train=small()[0], **members))


def test_a_single_array_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "s.npy", small()[0])
    with pytest.raises(BadDataset, match=r"holds a single array; write it with numpy\.savez"):
        opened((tmp_path / "s.npy").rename(tmp_path / "s.npz"))


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", b"")
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag of an encrypted member, here and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(BadDataset, match="cannot be read as a NumPy archive"):
        opened(path)


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (("7", "8"), ("7", "8")),
        (('"7, or so"', '"8 ""x"""'), ("7, or so", '8 "x"')),
        (("#7", "8"), ("#7", "8")),
    ],
)
@pytest.mark.parametrize("heading", ["", "label," + ",".join(map(str, range(64))) + "\n"])
def test_tables_are_read_as_other_programs_write_them(
    tmp_path: Path, cells: tuple[str, str], labels: tuple[str, str], heading: str
) -> None:
    found = opened(written(tmp_path / "s.csv", table(cells, heading)))
    assert sorted(found.labels) == sorted(labels)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",", ";", "its columns must be separated by commas"),
        (",", ".5,", "whole pixels from 0 to 255"),
        (",", ",-", "whole pixels from 0 to 255"),
    ],
)
def test_another_table_is_refused_for_what_is_wrong_with_it(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(BadDataset, match=words):
        opened(written(tmp_path / "s.csv", table(("7", "8")).replace(old, new)))


def test_a_label_that_labels_txt_does_not_name_is_refused_in_a_table(tmp_path: Path) -> None:
    written(tmp_path / "labels.txt", "cat\ncow\n")
    with pytest.raises(BadDataset, match="the label 'dog', which is not among"):
        opened(written(tmp_path / "s.csv", table(("cat", "dog"))))


@pytest.mark.parametrize("mapping", [b"\xff\xfe", b"0 65\n1 99999999999\n", b"0 65\n"])
def test_a_damaged_mapping_of_emnist_is_refused(tmp_path: Path, mapping: bytes) -> None:
    pictures, labels = small()
    written(tmp_path / "train-images-idx3-ubyte", idx.encode(pictures))
    written(tmp_path / "train-labels-idx1-ubyte", idx.encode(np.array(labels, np.uint8)))
    written(tmp_path / "mapping.txt", mapping)
    with pytest.raises(BadDataset, match=r"expected lines of numbers|the label '1', which is not among"):
        opened(tmp_path)


def test_an_idx_header_with_an_immense_shape_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "train-images-idx3-ubyte", struct.pack(">4I", 2051, 2**31, 2**31, 4))
    written(tmp_path / "train-labels-idx1-ubyte", idx.encode(np.zeros(4, np.uint8)))
    with pytest.raises(BadDataset, match="bytes of content, found 16"):
        opened(tmp_path)


# Corrections and gate


def test_corrections_that_contradict_each_other_are_refused_or_dropped(tmp_path: Path) -> None:
    data = as_folder(tmp_path / "s", *drawn(2, 12))
    extra = as_folder(tmp_path / "corrections", *drawn(2, 6, seed=7))
    os.link(extra / "0" / "0.png", extra / "1" / "same.png")
    with pytest.raises(BadDataset, match="pass --drop-duplicates"):
        open_dataset(str(data), None, Asked(), Extra(extra))
    dropped = open_dataset(str(data), None, Asked(drop_duplicates=True), Extra(extra))
    assert len(dropped.rejected) == 2


@pytest.mark.parametrize("recipe", [RECIPE_INK, RECIPE_NONE])
def test_a_correction_that_the_gateway_accepts_is_usable_however_small_or_faint(
    tmp_path: Path, recipe: str
) -> None:
    data = as_folder(tmp_path / "s", *drawn(2, 12))
    extra = as_folder(tmp_path / "corrections", *drawn(2, 6, seed=7))
    tiny = np.full((6, 6), 255, np.uint8)
    tiny[1:5, 2:4] = 0
    as_folder(extra / "0", [tiny], ["tiny"])
    if recipe == RECIPE_NONE:
        as_folder(extra / "1", [np.full((60, 60), 128, np.uint8)], ["blank"])
    found = open_dataset(str(data), None, Asked(recipe), Extra(extra))
    assert found.rejected == ()


def test_the_gate_requires_more_than_one_class_for_all_gives(tmp_path: Path) -> None:
    as_folder(tmp_path / "s" / "train", *drawn(2, 20))
    as_folder(tmp_path / "s" / "test", *drawn(2, 5, seed=1))
    assert opened(tmp_path / "s").traits.min_accuracy == 0.6
