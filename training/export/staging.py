"""The staging folder of a version: written under a hidden, non-numeric name, then renamed to its number.

Each number is first entered in the model's ledger, so that it is never given twice. Model servers load only
folders with numeric names, so they never load what a killed job left. Every job holds a lock on its staging
folder; a folder whose lock is free belongs to a dead job, and the next job removes it.
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

from serving.store import ledger
from serving.store.ledger import LedgerEntry
from training.errors import PublicationError

_PREFIX = ".staging-"
_LOCK = ".lock"


class Staging:
    """A version that is being written and not published yet.

    Attributes:
        path: the staging folder.
    """

    def __init__(self, model: Path, path: Path) -> None:
        self._model = model
        self.path = path

    def publish(self, run_id: str = "", accuracy: float | None = None, test_sha256: str = "") -> int:
        """Enter the version in the ledger and rename the folder to its number.

        Args:
            run_id: identity of the run that made the version.
            accuracy: its accuracy on the test pictures, 0..1.
            test_sha256: checksum of those pictures.

        Returns:
            The version's number, which no version of this model ever had.

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
        """Rename the folder; return False if a folder that the ledger does not know has that number."""
        try:
            os.rename(self.path, self._model / str(version))
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return False
            raise
        _sync(self._model)
        return True


@contextmanager
def staging(model: Path) -> Iterator[Staging]:
    """Make a staging folder in ``model``, the folder ``<models_dir>/<name>``, and remove those of dead jobs.

    After the block the staging folder is gone, whether it was published or not.

    Raises:
        PublicationError: if the folder cannot be written.
    """
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
    """Remove the staging folders of dead jobs from ``model``, the folder ``<models_dir>/<name>``."""
    for lock in model.glob(f"{_PREFIX}*{_LOCK}"):
        with suppress(OSError), lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its job lives
            shutil.rmtree(lock.with_name(lock.name.removesuffix(_LOCK)), ignore_errors=True)
            lock.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    file = path.open("wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    while not path.exists():  # another job removed it as debris between opening and locking
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
    """Flush a folder to disk, with all content if it is a staging folder, so that its rename comes last."""
    for path in (folder, *folder.rglob("*")) if folder.name.startswith(_PREFIX) else (folder,):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
