"""Where a data set is looked for on this machine: folders of IDX files, or Keras' npz."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from training.datasets import idx
from training.datasets.catalogue import CATALOGUE, IDX_FILES, TRAIN_LABELS
from training.errors import CorruptDataset

_CHECKOUT = Path(__file__).resolve().parents[2]
_NPZ_MEMBERS = dict(zip(IDX_FILES, ("x_train", "y_train", "x_test", "y_test"), strict=True))

Arrays = Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class Place:
    """A folder to look into.

    Attributes:
        path: the folder.
        why: why it is on the list, for the error that names all places.
    """

    path: Path
    why: str


def cache_folder() -> Path:
    """Where downloads are kept: the user's cache folder."""
    return Path(platformdirs.user_cache_dir("mnist-serving")) / "datasets"


def places(data_dir: Path | None, environ: Mapping[str, str]) -> list[Place]:
    """The folders in the order in which they are searched."""
    named = [Place(data_dir, "--data-dir")] if data_dir else []
    if environ.get("MNIST_DATA_DIR"):
        named.append(Place(Path(environ["MNIST_DATA_DIR"]), "$MNIST_DATA_DIR"))
    keras_home = Path(environ.get("KERAS_HOME", Path.home() / ".keras"))
    return [
        *named,
        Place(_CHECKOUT / "data", "the checkout's data folder"),
        Place(_CHECKOUT.parent / "shared" / "datasets", "the shared folder beside the checkout"),
        Place(keras_home / "datasets", "Keras' own cache"),
        Place(cache_folder(), "earlier downloads"),
    ]


def find(name: str, place: Place) -> Arrays | None:
    """The four arrays of a data set if this place has them, else None.

    Raises:
        CorruptDataset: if the place has the files and their content is not the data set's.
    """
    entry = CATALOGUE[name]
    for folder in dict.fromkeys((place.path / name, place.path / entry.keras_folder)):
        if files := idx_files(folder):
            return read_idx(name, files)
    for archive in dict.fromkeys((place.path / f"{name}.npz", place.path / entry.keras_folder)):
        if archive.is_file():
            return read_npz(name, archive)
    files = idx_files(place.path)
    return read_idx(name, files) if files and not _is_another(name, files) else None


def idx_files(folder: Path) -> dict[str, Path] | None:
    """The paths of the four files, plain or gzipped, by canonical name; None unless all are there."""
    found = {name: path for name in IDX_FILES for path in _spellings(folder, name) if path.is_file()}
    return found if len(found) == len(IDX_FILES) else None


def read_idx(name: str, files: Mapping[str, Path]) -> Arrays:
    """The four arrays, each checked by its checksum."""
    sums = CATALOGUE[name].sha256
    return {key: idx.read(path, 3 if "images" in key else 1, sums[key]) for key, path in files.items()}


def read_npz(name: str, archive: Path) -> Arrays:
    """The four arrays of a Keras archive, checked as the IDX content that they would be.

    Raises:
        CorruptDataset: for an archive that cannot be read, lacks a member or holds other data.
    """
    try:
        with np.load(archive) as stored:
            arrays = {key: stored[member].astype(np.uint8) for key, member in _NPZ_MEMBERS.items()}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise CorruptDataset(f"{archive}: expected a NumPy archive, found: {error}") from error
    except KeyError as error:
        raise CorruptDataset(
            f"{archive}: expected the members {', '.join(_NPZ_MEMBERS.values())}; {error}"
        ) from error
    for key, array in arrays.items():
        idx.check_sha256(
            idx.encode(array), CATALOGUE[name].sha256[key], name=f"{archive}[{_NPZ_MEMBERS[key]}]"
        )
    return arrays


def _spellings(folder: Path, name: str) -> Iterator[Path]:
    for stem in (name, name.replace("-idx", ".idx")):
        yield folder / f"{stem}.gz"
        yield folder / stem


def _is_another(name: str, files: Mapping[str, Path]) -> bool:
    """Whether a flat folder holds a different known data set: all of them share their file names."""
    labels = idx.encode(idx.read(files[TRAIN_LABELS], 1))
    found = hashlib.sha256(labels).hexdigest()
    return any(found == entry.sha256.get(TRAIN_LABELS) for other, entry in CATALOGUE.items() if other != name)
