"""Publishing a version: written aside under a hidden, non-numeric name, then renamed to the next number.

The number is entered in the model's ledger first, so that it is never given again. Model servers look at
numeric folders only, so what a killed job leaves is never loaded. Each job holds a lock on its own staging
folder; a folder whose lock is free belongs to a dead job and is removed by the next one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from serving.store import configuration, ledger, retention
from serving.store.configuration import CONFIG_FILE
from serving.store.errors import StoreError
from serving.store.ledger import LedgerEntry
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

    def publish(self, run_id: str = "", accuracy: float | None = None, test_sha256: str = "") -> int:
        """Enter the version in the ledger and rename the folder to its number.

        Args:
            run_id: the run that made it.
            accuracy: on the test pictures.
            test_sha256: of those pictures.

        Returns:
            The version: a number that no version of this model ever had.

        Raises:
            PublicationError: if the ledger cannot be written or the folder cannot be renamed.
        """
        _sync(self.path)
        digest = ledger.digest(self.path)
        try:
            with ledger.held(self._model) as book:
                while True:
                    version = book.next_number()
                    book.append(LedgerEntry(version, run_id, digest, _now(), accuracy, test_sha256))
                    if self._rename(version):
                        return version
        except OSError as error:
            raise PublicationError(f"cannot publish to {self._model}: {error.strerror}") from error

    def _rename(self, version: int) -> bool:
        """False when somebody who does not know the ledger put a folder there: the next number, then."""
        try:
            os.rename(self.path, self._model / str(version))
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return False
            raise
        _sync(self._model)
        return True


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


def prune(model: Path, keep: int, config: Path | None) -> list[int]:
    """Remove old versions: all but the newest and what the configuration has serve.

    Args:
        model: ``<models_dir>/<name>``.
        keep: how many of the newest stay.
        config: the model server's configuration; ``models.config`` beside the models unless given.

    Returns:
        The versions that were removed.

    Raises:
        PublicationError: when it is not known what serves, or a folder cannot be removed.
    """
    models_dir = model.parent.resolve()
    try:
        with configuration.locked(models_dir):
            whole = configuration.read(config or models_dir / CONFIG_FILE, models_dir)
            entry = configuration.entry_of(whole, model.name)
            entry.base_path = str(models_dir / model.name)  # where the server sees it under another path
            gone = retention.prunable(entry, keep, set())
            for version in gone:
                retention.delete(model, version)
    except StoreError as error:
        raise PublicationError(f"old versions could not be removed: {error}") from error
    return gone


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


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _sync(folder: Path) -> None:
    """Have a folder and all below it on the disk before its name says that it is whole."""
    for path in (folder, *folder.rglob("*")) if folder.name.startswith(_PREFIX) else (folder,):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
