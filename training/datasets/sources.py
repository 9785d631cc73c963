"""The places where a named data set may be on this machine: folders of IDX files, or Keras's npz file."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from training.datasets import idx
from training.datasets.catalogue import CATALOGUE, IDX_FILES, TRAIN_LABELS
from training.errors import CorruptDataset

CHECKOUT = Path(__file__).resolve().parents[2]
_NPZ_MEMBERS = dict(zip(IDX_FILES, ("x_train", "y_train", "x_test", "y_test"), strict=True))

Arrays = Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class Place:
    """A folder to search.

    Attributes:
        path: the folder.
        why: why it is searched, for the error message that lists all places.
    """

    path: Path
    why: str


def cache_folder() -> Path:
    """Return the folder for downloads, in the user's cache folder."""
    return Path(platformdirs.user_cache_dir("mnist-serving")) / "datasets"


def places(data_dir: Path | None, environ: Mapping[str, str], checkout: Path = CHECKOUT) -> list[Place]:
    """Return the folders to search, in order.

    Args:
        data_dir: the folder to search first, if any.
        environ: ``MNIST_DATA_DIR`` and ``KERAS_HOME`` are read from it.
        checkout: the folder of this project.
    """
    named = [Place(data_dir, "--data-dir")] if data_dir else []
    if environ.get("MNIST_DATA_DIR"):
        named.append(Place(Path(environ["MNIST_DATA_DIR"]), "$MNIST_DATA_DIR"))
    keras_home = Path(environ.get("KERAS_HOME", Path.home() / ".keras"))
    return [
        *named,
        Place(checkout / "data", "the checkout's data folder"),
        Place(checkout.parent / "shared" / "datasets", "the shared folder beside the checkout"),
        Place(keras_home / "datasets", "Keras's own cache"),
        Place(cache_folder(), "earlier downloads"),
    ]


def find(name: str, place: Place) -> Arrays | None:
    """Return the four arrays of a data set if the place has them, else None.

    Raises:
        CorruptDataset: if the place has the files, but their content is wrong.
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
    """Return the paths of the four files, plain or gzipped, by canonical name; None if one is missing."""
    found = {name: path for name in IDX_FILES for path in _spellings(folder, name) if path.is_file()}
    return found if len(found) == len(IDX_FILES) else None


def read_idx(name: str, files: Mapping[str, Path]) -> Arrays:
    """Read the four arrays of a data set and check their checksums.

    Raises:
        CorruptDataset: if the content of a file is wrong.
    """
    sums = CATALOGUE[name].sha256
    return {key: idx.read(path, 3 if "images" in key else 1, sums[key]) for key, path in files.items()}


def read_npz(name: str, archive: Path) -> Arrays:
    """Read the four arrays of a Keras archive and check them by the checksums of the IDX files.

    Raises:
        CorruptDataset: if the archive cannot be read, lacks a member or has other content.
    """
    try:
        with np.load(archive) as stored:
            arrays = {key: stored[member].astype(np.uint8) for key, member in _NPZ_MEMBERS.items()}
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise CorruptDataset(f"{archive}: expected a NumPy archive, found: {error}") from error
    except KeyError as error:
        raise CorruptDataset(
            f"{archive}: expected the members {', '.join(_NPZ_MEMBERS.values())}; {error}"
        ) from error
    for key, array in arrays.items():
        if array.ndim != (3 if "images" in key else 1):
            raise CorruptDataset(f"{archive}[{_NPZ_MEMBERS[key]}]: expected another shape than {array.shape}")
        idx.check_sha256(
            idx.encode(array), CATALOGUE[name].sha256[key], name=f"{archive}[{_NPZ_MEMBERS[key]}]"
        )
    return arrays


def _spellings(folder: Path, name: str) -> Iterator[Path]:
    for stem in (name, name.replace("-idx", ".idx")):
        yield folder / f"{stem}.gz"
        yield folder / stem


def _is_another(name: str, files: Mapping[str, Path]) -> bool:
    """Return whether a folder has the files of a different named data set, which have the same names."""
    labels = idx.encode(idx.read(files[TRAIN_LABELS], 1))
    found = hashlib.sha256(labels).hexdigest()
    return any(found == entry.sha256.get(TRAIN_LABELS) for other, entry in CATALOGUE.items() if other != name)
