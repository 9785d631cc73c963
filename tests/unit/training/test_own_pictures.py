"""Own pictures: every form gives the same arrays, and unusable ones are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from serving.contract import RECIPE_INK, RECIPE_NONE, RECIPE_SYMBOL
from serving.images import Limits, decode, detail_of, prepare
from tests.unit.training.own_pictures import as_folder, drawn, split_as
from training import datasets
from training.datasets import Asked, Dataset, Extra, idx, open_dataset
from training.datasets.own import splitting
from training.datasets.own.forms import find, name_of
from training.errors import BadArgument, BadDataset

FORMS = ("folder", "npz", "idx", "idx.gz", "csv")


def opened(path: Path, **asked: object) -> Dataset:
    return open_dataset(str(path), None, Asked(**asked))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """UCI's digits, loaded by name."""
    return datasets.load("digits")


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """Three classes of 20 pictures of 60x60."""
    return as_folder(tmp_path / "letters", *drawn(3, 20))


@pytest.mark.parametrize("form", FORMS)
def test_a_named_data_set_has_the_same_arrays_in_any_form(form: str, digits: Dataset, tmp_path: Path) -> None:
    whole = datasets.digits.arrays()
    train = datasets.Split(whole["train-images-idx3-ubyte"], whole["train-labels-idx1-ubyte"])
    found = opened(split_as(form, tmp_path / "mine", train, digits.test))
    assert found.kind == "digits"
    assert (found.labels, found.recipe, found.sha256) == (digits.labels, digits.recipe, digits.sha256)
    for part in ("train", "validation", "test"):
        ours, theirs = getattr(found, part), getattr(digits, part)
        assert np.array_equal(ours.images, theirs.images)
        assert np.array_equal(ours.labels, theirs.labels)
        assert ours.labels.dtype == theirs.labels.dtype


def test_a_named_data_set_is_recognised_with_its_files_in_any_order(digits: Dataset, tmp_path: Path) -> None:
    turned = digits.train.at(np.arange(len(digits.train))[::-1])
    path = split_as("folder", tmp_path / "mine", turned.followed_by(digits.validation), digits.test)
    found = opened(path)
    assert found.kind == "digits"
    assert np.array_equal(found.train.images, digits.train.images)


@pytest.mark.parametrize("form", FORMS)
def test_a_part_of_a_named_data_set_is_an_own_data_set_with_the_same_arrays_in_any_form(
    form: str, digits: Dataset, tmp_path: Path
) -> None:
    train, test = digits.train.at(slice(500)), digits.test.at(slice(200))
    found = opened(split_as(form, tmp_path / "mine", train, test))
    assert found.kind == ""
    assert np.array_equal(found.test.images, test.images)
    assert np.array_equal(found.test.labels, test.labels)
    whole = np.concatenate([found.train.images, found.validation.images])
    assert sorted(each.tobytes() for each in whole) == sorted(each.tobytes() for each in train.images)


def test_pictures_of_any_size_are_prepared_as_in_the_gateway(letters: Path) -> None:
    found = opened(letters)
    recipe = found.recipe
    files = sorted(letters.rglob("*.png"))
    served = {
        prepare(decode(path.read_bytes(), Limits(), detail=detail_of(recipe)), recipe).pixels.tobytes()
        for path in files
    }
    assert {image.tobytes() for image in (*found.train.images, *found.test.images)} == served


def test_the_recipe_none_only_resizes(letters: Path) -> None:
    found = opened(letters, recipe=RECIPE_NONE)
    assert found.recipe == RECIPE_NONE
    assert found.test.images.mean() > 128, "black on white stays so"


def divided(folder: Path) -> Path:
    """Two classes of pictures, each of two marks side by side."""
    pictures, labels = drawn(2, 20)
    pairs = [np.hstack([picture, picture[:, ::-1]]) for picture in pictures]
    return as_folder(folder / "divided", pairs, labels)


def test_pictures_with_several_marks_keep_them_all_and_the_report_notes_it(tmp_path: Path) -> None:
    found = opened(divided(tmp_path))
    assert found.recipe == RECIPE_SYMBOL
    assert "40 pictures have several marks" in found.notes[0]
    halves = [(image[:, :14].any(), image[:, 14:].any()) for image in found.test.images]
    assert all(left and right for left, right in halves)


def test_a_requested_recipe_is_used_and_the_marks_it_loses_are_noted(tmp_path: Path) -> None:
    found = opened(divided(tmp_path), recipe=RECIPE_INK, drop_duplicates=True)
    assert found.recipe == RECIPE_INK
    assert found.notes[0].endswith("the recipe symbol would keep every mark")


def test_a_fifth_of_each_class_is_the_test_set_and_always_the_same(letters: Path) -> None:
    one, two = opened(letters, seed=1), opened(letters, seed=2)
    assert np.bincount(one.test.labels).tolist() == [4, 4, 4]
    assert np.array_equal(one.test.images, two.test.images)
    assert (one.folds, len(one.train)) == (3, 48), "16 of a class are too few to spare some for validation"


def test_a_validation_part_is_held_out_of_every_class_where_there_are_enough(tmp_path: Path) -> None:
    found = opened(as_folder(tmp_path / "many", *drawn(2, 40)))
    assert found.folds == 0
    assert np.bincount(found.validation.labels).tolist() == [3, 3]
    assert len(found.train) + len(found.validation) + len(found.test) == 80


def test_folds_take_every_picture_once_and_every_class_evenly() -> None:
    labels = np.repeat(np.arange(5, dtype=np.uint8), 7)
    parts = splitting.folds(labels, 3, seed=0)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(35))
    assert all(np.bincount(labels[part]).min() >= 2 for part in parts)


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("training", "testing")])
def test_parts_may_have_any_of_their_usual_names(tmp_path: Path, train: str, test: str) -> None:
    as_folder(tmp_path / "s" / train, *drawn(2, 20))
    as_folder(tmp_path / "s" / test, *drawn(2, 5, seed=1))
    found = opened(tmp_path / "s")
    assert (len(found.train) + len(found.validation), len(found.test)) == (40, 10)


def test_a_class_called_train_is_not_a_part(tmp_path: Path) -> None:
    pictures, labels = drawn(2, 20)
    path = as_folder(tmp_path / "vehicles", pictures, ["train" if label else "ship" for label in labels])
    assert opened(path).labels == ("ship", "train")


def test_an_unprintable_label_is_refused(tmp_path: Path) -> None:
    path = as_folder(tmp_path / "s", *drawn(2, 20))
    (path / "0").rename(path / "\udce9")
    with pytest.raises(BadDataset, match="cannot be printed"):
        opened(path)


def test_labels_txt_orders_the_classes(letters: Path) -> None:
    (letters / "labels.txt").write_text("2\n0\n1\n")
    assert opened(letters).labels == ("2", "0", "1")


def test_numbered_classes_are_sorted_by_number(tmp_path: Path) -> None:
    pictures, labels = drawn(12, 10)
    assert opened(as_folder(tmp_path / "m", pictures, labels)).labels == tuple(map(str, range(12)))


def test_a_thousand_classes_have_two_byte_labels(tmp_path: Path) -> None:
    path = tmp_path / "many.npz"
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (3000, 28, 28), np.uint8)
    labels = np.tile(np.arange(300), 10)
    np.savez(path, x_train=images, y_train=labels)
    found = opened(path, recipe=RECIPE_NONE)
    assert found.train.labels.dtype == np.uint16
    assert (len(found.labels), int(found.train.labels.max())) == (300, 299)


def test_emnist_is_transposed_and_named_by_its_mapping(digits: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    train = digits.train.at(slice(400))
    (folder / "emnist-letters-train-images-idx3-ubyte").write_bytes(
        idx.encode(train.images.transpose(0, 2, 1))
    )
    (folder / "emnist-letters-train-labels-idx1-ubyte").write_bytes(idx.encode(train.labels + np.uint8(1)))
    lines = (f"{n + 1} {65 + n} {97 + n}" for n in range(10))
    (folder / "emnist-letters-mapping.txt").write_text("\n".join(lines))
    found = find(folder)
    assert found.labels == tuple("ABCDEFGHIJ")
    first = found.parts["train"][0]
    assert np.array_equal(np.asarray(first.source), train.images[0])
    assert first.label == "ABCDEFGHIJ"[int(train.labels[0])]


def test_tables_may_lack_a_heading_and_those_without_labels_are_left_out(
    digits: Dataset, tmp_path: Path
) -> None:
    folder = split_as("csv", tmp_path / "kaggle", digits.train.at(slice(300)), digits.test.at(slice(20)))
    rows = (folder / "train.csv").read_text().splitlines()
    (folder / "train.csv").write_text("\n".join(rows[1:]))
    test = (folder / "test.csv").read_text().splitlines()
    (folder / "test.csv").write_text("\n".join(row.partition(",")[2] for row in test))
    found = find(folder)
    assert (len(found.parts["train"]), "test" in found.parts) == (300, False)
    assert found.notes == ("test.csv has no column of labels and was skipped",)


def test_fractions_are_pixels_too(tmp_path: Path) -> None:
    path = tmp_path / "fractions.npz"
    pictures, labels = drawn(2, 10, side=28)
    fractions = np.stack(pictures)[..., None].astype(np.float32) / 255
    np.savez(path, x_train=fractions, y_train=np.array(labels)[:, None])
    items = find(path).parts["train"]
    assert np.array_equal(np.asarray(items[0].source), pictures[0])


def test_uneven_classes_are_weighted_and_the_report_notes_it(tmp_path: Path) -> None:
    pictures, labels = drawn(2, 60)
    kept = [n for n, label in enumerate(labels) if label == 0 or n < 30]
    path = as_folder(tmp_path / "uneven", [pictures[n] for n in kept], [labels[n] for n in kept])
    found = opened(path)
    assert found.train.weights is not None
    by_class = [float(found.train.weights[found.train.labels == k].sum()) for k in (0, 1)]
    assert by_class[0] == pytest.approx(by_class[1], rel=1e-4)
    assert "the classes are uneven" in found.notes[-1]


def test_even_classes_are_not_weighted(letters: Path) -> None:
    assert opened(letters).train.weights is None


# What cannot be trained on


def test_each_bad_file_is_named_with_its_reason(letters: Path) -> None:
    (letters / "0" / "torn.png").write_bytes((letters / "0" / "0.png").read_bytes()[:60])
    (letters / "1" / "notes.txt").write_text("no picture")
    Image.new("L", (50, 50), 255).save(letters / "2" / "blank.png")
    Image.new("L", (5, 40), 0).save(letters / "2" / "small.png")
    found = opened(letters, max_bad=0.1)
    assert [each.name for each in found.rejected] == [
        "2/blank.png", "1/notes.txt", "2/small.png", "0/torn.png",
    ]  # fmt: skip
    assert all(each.reason for each in found.rejected)
    assert "too small: 5x40 pixels" in {each.reason for each in found.rejected}


def test_too_many_bad_files_are_an_error_that_names_them(letters: Path) -> None:
    for n in range(2):
        (letters / "1" / f"bad{n}.png").write_bytes(b"no picture")
    with pytest.raises(
        BadDataset, match=r"2 of 62 pictures cannot be used, more than --max-bad 0.01"
    ) as error:
        opened(letters)
    assert "1/bad0.png" in str(error.value)
    assert "1/bad1.png" in str(error.value)
    assert error.value.exit_code == 2


def test_a_picture_in_training_and_test_is_refused_by_its_content(tmp_path: Path) -> None:
    folder = tmp_path / "twice"
    as_folder(folder / "train", *drawn(2, 20))
    as_folder(folder / "test", *drawn(2, 5, seed=1))
    shutil.copy(folder / "train" / "1" / "3.png", folder / "test" / "1" / "another name.png")
    with pytest.raises(BadDataset, match="different parts of the data set") as error:
        opened(folder)
    assert "train/1/3.png" in str(error.value)
    found = opened(folder, drop_duplicates=True)
    assert [each.name for each in found.rejected] == ["train/1/3.png"], "the test set keeps it"


def test_a_picture_with_two_labels_is_refused_and_dropped_with_both(letters: Path) -> None:
    shutil.copy(letters / "0" / "0.png", letters / "1" / "clash.png")
    with pytest.raises(BadDataset, match="are the same picture with different labels"):
        opened(letters)
    found = opened(letters, drop_duplicates=True)
    assert sorted(each.name for each in found.rejected) == ["0/0.png", "1/clash.png"]


def test_a_copy_within_a_class_counts_once(letters: Path) -> None:
    shutil.copy(letters / "0" / "0.png", letters / "0" / "copy.png")
    found = opened(letters)
    assert len(found.rejected) == 1
    assert len(found.train) + len(found.test) == 60


def npz(path: Path, **members: object) -> Path:
    np.savez(path, **members)  # type: ignore[arg-type]
    return path


def row(*pixels: object) -> str:
    """A row of a table: the label 7 and pixels."""
    return ",".join(map(str, (7, *pixels))) + "\n"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: as_folder(path / "s", *drawn(1, 20)), "there are 1 classes"),
        (lambda path: as_folder(path / "s", *drawn(2, 9)), "each class needs at least 10 usable pictures"),
        (lambda path: path, "contains no pictures"),
        (lambda path: npz(path / "s.npz", x=np.zeros(3)), "has the members x; expected x_train"),
        (
            lambda path: npz(path / "s.npz", x_train=np.zeros((4, 7)), y_train=np.zeros(4)),
            "not a square picture",
        ),
        (
            lambda path: npz(path / "s.npz", x_train=np.zeros((4, 28, 28)), y_train=np.zeros(5)),
            "4 pictures and 5 labels",
        ),
        (
            lambda path: npz(path / "s.npz", x_train=np.full((4, 28, 28), 300), y_train=np.zeros(4)),
            "must be 0 to 255",
        ),
        (
            lambda path: npz(path / "s.npz", x_train=np.array([{}]), y_train=np.zeros(1)),
            "cannot be read as a NumPy archive",
        ),
        (lambda path: written(path / "s.npz", "no archive"), "cannot be read as a NumPy archive"),
        (lambda path: written(path / "s.csv", ""), "is empty"),
        (lambda path: written(path / "s.csv", "label,a\n1,2\n"), "at least 64 pixels"),
        (lambda path: written(path / "s.csv", row(*[300] * 784)), "pixels from 0 to 255"),
        (lambda path: written(path / "s.csv", row(*[1] * 784) + row(1, 1)), "pixels from 0 to 255"),
        (lambda path: written(path / "train-images-idx3-ubyte", "x").parent, "expected both for train"),
        (lambda path: written(path / "s.txt", "x"), "is neither a folder nor an .npz or .csv file"),
    ],
)  # fmt: skip
def test_an_unusable_data_set_is_refused_with_one_sentence(tmp_path: Path, make: object, words: str) -> None:
    path = make(tmp_path)  # type: ignore[operator]
    with pytest.raises(BadDataset, match=words.replace(".", r"\.")) as error:
        opened(path, recipe=RECIPE_NONE)
    assert error.value.exit_code == 2


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_class_that_labels_txt_does_not_name_is_refused(letters: Path) -> None:
    (letters / "labels.txt").write_text("0\n1\n")
    with pytest.raises(BadDataset, match="does not name the class folder '2'"):
        opened(letters)


def test_a_test_part_without_a_class_is_refused(tmp_path: Path) -> None:
    as_folder(tmp_path / "s" / "train", *drawn(3, 20))
    as_folder(tmp_path / "s" / "test", *drawn(2, 5, seed=1))
    with pytest.raises(BadDataset, match=r"the test part has no pictures of some classes \(1\): '2'"):
        opened(tmp_path / "s")


def test_a_name_that_is_neither_a_data_set_nor_a_path_is_refused() -> None:
    with pytest.raises(BadArgument):
        open_dataset("nowhere", None, Asked())


@pytest.mark.parametrize(
    ("path", "name"),
    [("greek letters!", "greek_letters"), ("a/b.npz", "b"), ("2024", "set_2024"), ("_", "set_")],
)
def test_the_name_derived_from_a_path_is_a_valid_model_name(path: str, name: str) -> None:
    assert name_of(Path(path)) == name


# Corrections


def test_corrections_are_trained_on_several_times_and_some_are_held_out(
    letters: Path, tmp_path: Path
) -> None:
    extra = as_folder(tmp_path / "corrections", *drawn(3, 10, seed=7))
    found = open_dataset(str(letters), None, Asked(), Extra(extra, 4))
    plain = opened(letters)
    assert found.corrections is not None
    held = len(found.corrections)
    assert 0 < held < 30
    assert len(found.train) - len(plain.train) == 4 * (30 - held)
    learned = {image.tobytes() for image in found.train.images}
    assert not any(image.tobytes() in learned for image in found.corrections.images)
    assert np.array_equal(found.test.images, plain.test.images)
    assert found.sha256 == plain.sha256, "the gate compares on the same test pictures as before"


def test_a_held_out_correction_stays_held_out_when_more_come(letters: Path, tmp_path: Path) -> None:
    pictures, labels = drawn(3, 20, seed=7)
    few = as_folder(tmp_path / "few", pictures[:30], labels[:30])
    many = as_folder(tmp_path / "many", pictures, labels)
    one, two = (open_dataset(str(letters), None, Asked(), Extra(path)) for path in (few, many))
    assert one.corrections is not None
    assert two.corrections is not None
    held = {image.tobytes() for image in two.corrections.images}
    assert all(image.tobytes() in held for image in one.corrections.images)


def test_a_correction_of_a_test_picture_is_left_out(letters: Path, tmp_path: Path) -> None:
    plain = opened(letters)
    extra = as_folder(tmp_path / "corrections", *drawn(3, 20))
    found = open_dataset(str(letters), None, Asked(), Extra(extra, 1))
    assert found.corrections is not None
    test = {image.tobytes() for image in plain.test.images}
    assert not any(image.tobytes() in test for image in (*found.train.images, *found.corrections.images))


def test_corrections_with_an_unknown_label_are_refused(letters: Path, tmp_path: Path) -> None:
    extra = as_folder(tmp_path / "corrections", *drawn(4, 3, seed=7))
    with pytest.raises(BadDataset, match="has the label '3', which letters does not have"):
        open_dataset(str(letters), None, Asked(), Extra(extra))
