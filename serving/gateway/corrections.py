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
from contextlib import suppress
from dataclasses import dataclass
from glob import escape, iglob
from pathlib import Path
from urllib.parse import quote

from serving.errors import CorrectionsFull, ServiceError
from serving.gateway.settings.settings import Settings

ATTEMPTS = 3
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PLAIN = " ._-()+,;=@!"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Correction:
    """One picture, as it was sent and as the PNG that the model saw, with its right label."""

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
    """Keeps corrections in the folder that the settings name. Several processes may write to it."""

    def __init__(self, settings: Settings) -> None:
        self._folder, self._settings = Path(settings.corrections_dir), settings

    def keep(self, correction: Correction) -> bool:
        """Keep a correction. It replaces an earlier one of the same picture with another label.

        Returns:
            False if the picture is already kept with this label.

        Raises:
            CorrectionsFull: a limit is reached.
            ServiceError: the folder cannot be written.
        """
        model, digest = self._folder / correction.model, correction.digest
        folder = _folder_name(correction.label)
        upload = model / folder / f"{digest}.{correction.extension}"
        prepared = model / ".prepared" / folder / f"{digest}.png"
        try:
            if upload.exists():
                return False
            self._check_room(model, len(correction.upload))
            for _ in range(ATTEMPTS):
                _write(prepared, correction.prepared)
                _write(upload, correction.upload)
                _remove_others(prepared)
                _remove_others(upload)
                if upload.exists():  # or a process that keeps another label has removed it
                    break
        except OSError as error:
            if error.errno in _FULL:
                raise CorrectionsFull("The disk for corrections is full. Tell the operator.") from error
            log.exception("a correction could not be kept")
            raise ServiceError("The correction could not be saved. Tell the operator.") from error
        return True

    def _check_room(self, model: Path, size: int) -> None:
        limits = self._settings
        sizes = list(_sizes(model))
        if len(sizes) >= limits.corrections_max or sum(sizes) + size > limits.corrections_max_bytes:
            raise CorrectionsFull("The limit of corrections for this model is reached. Tell the operator.")
        self._folder.mkdir(parents=True, exist_ok=True)
        disk = shutil.disk_usage(self._folder)
        if (disk.used + size) / disk.total > limits.corrections_disk_share:
            raise CorrectionsFull("The disk for corrections is nearly full. Tell the operator.")


def _sizes(model: Path) -> Iterator[int]:
    for upload in iglob(f"{escape(str(model))}/*/*"):  # not hidden ones
        with suppress(FileNotFoundError):  # removed meanwhile
            yield os.path.getsize(upload)


def _write(path: Path, content: bytes) -> None:
    """Write a temporary file and rename it, so that readers never see half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        aside.write_bytes(content)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _remove_others(path: Path) -> None:
    """Remove the same picture under any earlier label."""
    for other in path.parents[1].glob(f"*/{path.stem}.*"):
        if other != path:
            other.unlink(missing_ok=True)


def _folder_name(label: str) -> str:
    """The label as the name of a folder, as ``training`` reads it back: ``T-shirt%2Ftop``."""
    name = "".join(each if each.isalnum() or each in _PLAIN else quote(each, safe="") for each in label)
    return f"%2E{name[1:]}" if name.startswith(".") else name
