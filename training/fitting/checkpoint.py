"""The checkpoint: the whole state of a training in one file, which is replaced atomically."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import RunFolderError

Arrays = Mapping[str, Sequence[NDArray[Any]]]


@dataclass
class Progress:
    """The progress of a training.

    Attributes:
        epoch: number of the current epoch, from 0.
        step: number of its finished steps.
        loss_sum: sum of the losses in this epoch so far.
        right: number of right answers in this epoch so far.
        seconds: seconds spent fitting so far, over all starts.
        stopped: whether the training ended before its last epoch.
        best: validation accuracy and negative validation loss of the best epoch.
        best_epoch: number of the best epoch, from 0; -1 before the first has ended.
        history: one row of figures per finished epoch.
    """

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    right: float = 0.0
    seconds: float = 0.0
    stopped: bool = False
    best: tuple[float, float] = (-1.0, 0.0)
    best_epoch: int = -1
    history: list[dict[str, float]] = field(default_factory=list)


def save(path: Path, progress: Progress, arrays: Arrays, origin: str = "") -> None:
    """Write a checkpoint under a temporary name and rename it, so that a killed job leaves the previous one.

    Args:
        path: path of the checkpoint.
        progress: the progress of the training.
        arrays: the arrays of model, optimizer and so on, by group.
        origin: what the training computes with (``Origin.to_json``).

    Raises:
        RunFolderError: if it cannot be written; the previous checkpoint is kept, the temporary file removed.
    """
    flat = {f"{group}/{n}": array for group, members in arrays.items() for n, array in enumerate(members)}
    aside = path.with_name(f".{path.name}.new")
    try:
        with aside.open("wb") as file:
            texts = {"progress": np.array(json.dumps(asdict(progress))), "origin": np.array(origin)}
            np.savez(file, **texts, **flat)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise RunFolderError(
            f"the checkpoint {path} cannot be written: {error.strerror or error}; "
            "fix that, and run the same command again to continue"
        ) from error


@dataclass(frozen=True)
class Stored:
    """A stored checkpoint.

    Attributes:
        progress: the progress of the training.
        arrays: the arrays by group.
        origin: what the training computed with, as JSON; empty in a checkpoint of release 0.1.
    """

    progress: Progress
    arrays: dict[str, list[NDArray[Any]]]
    origin: str


def load(path: Path) -> Stored | None:
    """Read the checkpoint at a path; None if there is none yet.

    Raises:
        RunFolderError: if it is damaged.
    """
    try:
        return _read(path) if path.exists() else None
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RunFolderError(
            f"the checkpoint {path} is damaged: {error}; delete it to train from the start"
        ) from error


def _read(path: Path) -> Stored:
    with path.open("rb") as file, np.load(file) as stored:
        progress = Progress(**json.loads(str(stored["progress"])))
        origin = str(stored["origin"]) if "origin" in stored else ""
        groups: dict[str, list[NDArray[Any]]] = {}
        for key in stored.files:  # in the order in which they were written
            if "/" in key:
                groups.setdefault(key.split("/")[0], []).append(stored[key])
    progress.best = (progress.best[0], progress.best[1])
    return Stored(progress, groups, origin)
