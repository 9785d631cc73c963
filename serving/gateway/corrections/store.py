"""A folder of corrections, laid out as a data set that ``python -m training train --extra`` reads.

    <folder>/<model>/<label>/<sha256>.<format>            the upload as it came
    <folder>/<model>/.prepared/<label>/<sha256>.png       the 28x28 that the model saw

Files are named by their content, so that a picture is kept only once. Nothing about the sender is kept.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from serving.errors import CorrectionsFull, ServiceError

_PREPARED = ".prepared"
_ASIDE = ".new-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PLAIN = " ._-()+,;=@!"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Room:
    """Limits of what is kept.

    Attributes:
        corrections: number of corrections of one model.
        size: total size of one model's uploads, in bytes.
        disk_share: fraction of the disk that may be in use by anything, 0..1.
    """

    corrections: int
    size: int
    disk_share: float


@dataclass(frozen=True)
class Correction:
    """One picture with its right label.

    Attributes:
        model: the model that was wrong.
        label: the right label, one of the model's.
        upload: the picture as it was sent.
        extension: file extension of its format, such as ``png``.
        prepared: the 28x28 that the model saw, as PNG.
    """

    model: str
    label: str
    upload: bytes
    extension: str
    prepared: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the upload, which names it."""
        return hashlib.sha256(self.upload).hexdigest()


class CorrectionStore:
    """Keeps corrections in a folder; several processes may write to it.

    Args:
        folder: created with the first correction.
        room: the limits.
    """

    def __init__(self, folder: Path, room: Room) -> None:
        self._folder, self._room = folder, room

    def keep(self, correction: Correction) -> bool:
        """Keep a correction. It replaces an earlier one of the same picture with another label.

        Returns:
            False if the picture is already kept with this label.

        Raises:
            CorrectionsFull: a limit is reached.
            ServiceError: the folder cannot be written.
        """
        model = self._folder / correction.model
        folder = _folder_name(correction.label)
        upload = model / folder / f"{correction.digest}.{correction.extension}"
        prepared = model / _PREPARED / folder / f"{correction.digest}.png"
        try:
            if upload.exists():
                return False
            self._check_room(model, len(correction.upload))
            _write(prepared, correction.prepared)
            _write(upload, correction.upload)
            _remove_others(model, upload, prepared)
        except OSError as error:
            if error.errno in _FULL:
                raise CorrectionsFull("The disk for corrections is full. Tell the operator.") from error
            log.exception("a correction could not be kept")
            raise ServiceError("The correction could not be saved. Tell the operator.") from error
        return True

    def _check_room(self, model: Path, size: int) -> None:
        sizes = [entry.stat().st_size for entry in _uploads(model)]
        if len(sizes) >= self._room.corrections or sum(sizes) + size > self._room.size:
            raise CorrectionsFull("The limit of corrections for this model is reached. Tell the operator.")
        self._folder.mkdir(parents=True, exist_ok=True)
        disk = shutil.disk_usage(self._folder)
        if (disk.used + size) / disk.total > self._room.disk_share:
            raise CorrectionsFull("The disk for corrections is nearly full. Tell the operator.")


def _uploads(model: Path) -> Iterator[os.DirEntry[str]]:
    """The uploads kept for a model."""
    for folder in _entries(model):
        if folder.is_dir() and not folder.name.startswith("."):
            yield from (entry for entry in _entries(Path(folder.path)) if not entry.name.startswith("."))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _remove_others(model: Path, upload: Path, prepared: Path) -> None:
    """Remove the same picture under any earlier label."""
    for kept, folder in ((upload, model), (prepared, model / _PREPARED)):
        for other in folder.glob(f"*/{kept.stem}.*"):
            if other != kept:
                other.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Write a temporary file and rename it, so that readers never see half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{_ASIDE}{secrets.token_hex(8)}")
    try:
        aside.write_bytes(content)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _folder_name(label: str) -> str:
    """The label as the name of a folder, as ``training`` reads it back: ``T-shirt%2Ftop``."""
    name = "".join(each if each.isalnum() or each in _PLAIN else quote(each, safe="") for each in label)
    return f"%2E{name[1:]}" if name.startswith(".") else name
