"""Data sets: where they are found, how they are split, and the errors if they are unavailable."""

from __future__ import annotations

import gzip
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from serving.images.ink.mnist_format import is_mnist_format
from training import datasets
from training.datasets import sources
from training.datasets.catalogue import CATALOGUE, IDX_FILES, TEST_IMAGES, TRAIN_LABELS
from training.errors import BadArgument, CorruptDataset, DatasetUnavailable


def no_network(name: str, folder: Path) -> Path:  # noqa: ARG001 - as Fetch has it
    raise DatasetUnavailable(f"no mirror of {name} answers")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(BadArgument, match="'cifar'; choose from mnist, fashion_mnist, digits"):
        datasets.load("cifar")


def test_digits_look_like_mnist() -> None:
    data = datasets.load("digits")
    assert data.test.images.shape == (360, 28, 28)
    assert data.test.images.dtype == np.uint8
    assert data.test.images.max() == 255


def test_digits_are_in_the_frame_that_reaches_a_model_bit_for_bit() -> None:
    data = datasets.load("digits")
    assert all(is_mnist_format(image) for split in (data.train, data.test) for image in split.images)


def test_the_test_set_of_digits_is_always_the_same() -> None:
    first, second = datasets.load("digits", seed=1), datasets.load("digits", seed=2)
    np.testing.assert_array_equal(first.test.images, second.test.images)
    assert not np.array_equal(first.validation.images, second.validation.images)


def test_validation_is_held_out_of_the_training_set() -> None:
    data = datasets.load("digits", validation_split=0.25, seed=3)
    train = {image.tobytes() for image in data.train.images}
    held_out = {image.tobytes() for image in data.validation.images}
    assert len(data.validation) == round(0.25 * (len(data.train) + len(data.validation)))
    assert len(train & held_out) == 0


def test_the_split_is_a_function_of_the_seed() -> None:
    first, second = datasets.load("digits", seed=5), datasets.load("digits", seed=5)
    np.testing.assert_array_equal(first.validation.images, second.validation.images)


def test_places_are_searched_in_the_order_that_the_help_promises(tmp_path: Path) -> None:
    found = sources.places(tmp_path / "given", {"MNIST_DATA_DIR": "/named", "KERAS_HOME": "/keras"})
    reasons = [place.why for place in found]
    assert reasons == [
        "--data-dir",
        "$MNIST_DATA_DIR",
        "the checkout's data folder",
        "the shared folder beside the checkout",
        "Keras's own cache",
        "earlier downloads",
    ]
    assert [str(place.path) for place in found[1:2]] == ["/named"]
    assert str(found[4].path) == "/keras/datasets"


def test_a_missing_data_set_lists_every_place_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    environ = {"MNIST_DATA_DIR": str(tmp_path / "named"), "KERAS_HOME": str(tmp_path / "keras")}
    places = sources.places(tmp_path / "given", environ, tmp_path / "elsewhere" / "checkout")
    with pytest.raises(DatasetUnavailable) as caught:
        datasets.load("mnist", places=places, fetch=no_network)
    message = str(caught.value)
    for place in ("given", "named", "checkout/data", "shared/datasets", "keras/datasets", "cache"):
        assert place in message
    assert "no mirror of mnist answers" in message
    assert "--dataset digits" in message


@pytest.fixture(scope="module")
def mnist_folder(datasets_dir: Path) -> Path:
    return datasets_dir / "mnist"


def test_mnist_has_60000_and_10000_images(datasets_dir: Path) -> None:
    data = datasets.load("mnist", datasets_dir)
    assert len(data.train) + len(data.validation) == 60_000
    assert len(data.test) == 10_000
    assert np.bincount(data.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_a_folder_may_hold_the_files_themselves_uncompressed(mnist_folder: Path, tmp_path: Path) -> None:
    for name in IDX_FILES:
        (tmp_path / name).write_bytes(gzip.decompress((mnist_folder / f"{name}.gz").read_bytes()))
    assert sources.find("mnist", sources.Place(tmp_path, "test")) is not None


def test_a_flat_folder_of_another_data_set_is_ignored(datasets_dir: Path) -> None:
    place = sources.Place(datasets_dir / "fashion_mnist", "test")
    assert sources.find("mnist", place) is None
    assert sources.find("fashion_mnist", place) is not None


def test_a_changed_file_is_refused(mnist_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(mnist_folder, tmp_path / "mnist")
    path = tmp_path / "mnist" / f"{TEST_IMAGES}.gz"
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[-1] ^= 255
    path.write_bytes(gzip.compress(bytes(content), 1))
    expected = CATALOGUE["mnist"].sha256[TEST_IMAGES]
    with pytest.raises(CorruptDataset, match=f"{TEST_IMAGES}.*SHA-256 {expected}, found"):
        datasets.load("mnist", tmp_path, fetch=no_network)


def test_an_archive_of_keras_is_read_and_verified(mnist_folder: Path, tmp_path: Path) -> None:
    arrays = sources.find("mnist", sources.Place(mnist_folder.parent, "test"))
    assert arrays is not None
    members = dict(
        zip(("x_train", "y_train", "x_test", "y_test"), (arrays[n] for n in IDX_FILES), strict=True)
    )
    np.savez(tmp_path / "mnist.npz", **members)  # type: ignore[arg-type]
    found = sources.find("mnist", sources.Place(tmp_path, "test"))
    assert found is not None
    np.testing.assert_array_equal(found[TRAIN_LABELS], arrays[TRAIN_LABELS])
    members["y_test"] = np.roll(members["y_test"], 1)
    np.savez(tmp_path / "mnist.npz", **members)  # type: ignore[arg-type]
    with pytest.raises(CorruptDataset, match=r"mnist\.npz\[y_test\]: expected content with SHA-256"):
        sources.find("mnist", sources.Place(tmp_path, "test"))


def test_an_archive_without_a_member_says_which(tmp_path: Path) -> None:
    np.savez(tmp_path / "mnist.npz", x_train=np.zeros(1, np.uint8))
    with pytest.raises(CorruptDataset, match=r"mnist\.npz: expected the members x_train, y_train"):
        sources.find("mnist", sources.Place(tmp_path, "test"))


def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "mnist.npz").write_bytes(b"not an archive")
    with pytest.raises(CorruptDataset, match=r"mnist\.npz: expected a NumPy archive"):
        sources.find("mnist", sources.Place(tmp_path, "test"))


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    members = {name: np.zeros((50, 50), np.uint8) for name in ("x_train", "y_train", "x_test", "y_test")}
    np.savez(path, **members)  # type: ignore[arg-type]
    with pytest.raises(
        CorruptDataset, match=r"mnist\.npz\[x_train\]: expected another shape than \(50, 50\)"
    ):
        sources.find("mnist", sources.Place(tmp_path, "test"))
    np.savez_compressed(path, **members)  # type: ignore[arg-type]
    content = bytearray(path.read_bytes())
    start = 30 + int.from_bytes(content[26:28], "little") + int.from_bytes(content[28:30], "little")
    content[start : start + 8] = b"\xff" * 8
    path.write_bytes(content)
    with pytest.raises(CorruptDataset, match=r"mnist\.npz: expected a NumPy archive"):
        sources.find("mnist", sources.Place(tmp_path, "test"))
    with path.open("wb") as file:
        np.save(file, members["x_train"])
    with pytest.raises(CorruptDataset, match=r"mnist\.npz: expected a NumPy archive"):
        sources.find("mnist", sources.Place(tmp_path, "test"))


def test_every_module_of_the_named_data_sets_is_in_the_catalogue() -> None:
    folder = Path(sys.modules["training.datasets.named"].__path__[0])
    modules = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    assert set(CATALOGUE) == modules
    assert list(CATALOGUE)[:2] == ["mnist", "fashion_mnist"], "in the order in which help lists them"
    for entry in CATALOGUE.values():
        assert entry.other in ("", *CATALOGUE)
        assert all(len(each) in (0, 64) for each in entry.fingerprint)
