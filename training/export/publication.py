"""Publishing a version: written aside under a hidden, non-numeric name, then renamed to the next number.

Model servers look at numeric folders only, so what a killed job leaves is never loaded. Each job holds a lock
on its own staging folder; a folder whose lock is free belongs to a dead job and is removed by the next one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from serving.store.layout import versions
from training.errors import PublicationError

_PREFIX = ".staging-"
_LOCK = ".lock"


class Staging:
    """A folder being written that is no version yet.

    Attributes:
        path: the folder.
    """

    def __init__(self, model: Path, path: Path) -> None:
        self._model = model
        self.path = path

    def publish(self) -> int:
        """Rename the folder to the next version.

        Returns:
            The version: one above the highest there is at this moment.

        Raises:
            PublicationError: if the folder cannot be renamed.
        """
        _sync(self.path)
        while True:
            version = max(versions(self._model), default=0) + 1
            try:
                os.rename(self.path, self._model / str(version))
            except OSError as error:
                # Another job was faster by a moment: its folder is in the way, so take the next number.
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    continue
                raise PublicationError(
                    f"cannot publish {self._model / str(version)}: {error.strerror}"
                ) from error
            _sync(self._model)
            return version


def check_writable(models_dir: Path, name: str) -> Path:
    """Make the folder of a model and prove that it can be written, before anything is trained for it.

    Returns:
        ``<models_dir>/<name>``.

    Raises:
        PublicationError: naming the folder and what is wrong with it.
    """
    model = models_dir / name
    try:
        model.mkdir(parents=True, exist_ok=True)
        probe = model / f".probe-{secrets.token_hex(4)}"
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise PublicationError(
            f"the models folder {model} cannot be written: {error.strerror}; pass another --models-dir"
        ) from error
    return model


@contextmanager
def staging(model: Path) -> Iterator[Staging]:
    """A staging folder that is gone after the block, published or not; debris of dead jobs goes too."""
    remove_debris(model)
    path = model / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    with _locked(path.with_name(path.name + _LOCK)):
        try:
            path.mkdir()
            yield Staging(model, path)
        except OSError as error:
            raise PublicationError(f"cannot write {path}: {error.strerror}") from error
        finally:
            shutil.rmtree(path, ignore_errors=True)


def remove_debris(model: Path) -> None:
    """Remove the staging folders that no living job holds."""
    for lock in model.glob(f"{_PREFIX}*{_LOCK}"):
        with suppress(OSError), lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its job lives
            shutil.rmtree(lock.with_name(lock.name.removesuffix(_LOCK)), ignore_errors=True)
            lock.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    file = path.open("wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    while not path.exists():  # a job that clears up came between opening and locking, and took it for debris
        file.close()
        file = path.open("wb")
        fcntl.flock(file, fcntl.LOCK_EX)
    with file:
        try:
            yield file
        finally:
            path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Have a folder and all below it on the disk before its name says that it is whole."""
    for path in (folder, *folder.rglob("*")) if folder.name.startswith(_PREFIX) else (folder,):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
