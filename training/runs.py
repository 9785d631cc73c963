"""The folder of a run: everything that a training job writes, and what it needs to continue."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.config import TrainConfig
from training.errors import BadArgument, RunFolderError

_ROOT = Path("runs")
_ARGUMENTS = "arguments.json"
_OUTCOME = "outcome.json"
# Two starts of one run may differ in where files are, but not in what is computed.
_MAY_DIFFER = ("run_dir", "models_dir", "data_dir", "models_config", "keep")


class RunFolder:
    """One run's folder.

    Attributes:
        path: the folder.
        identity: random identity of the run, which the card of its version names.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self.path, self.identity = path, identity

    @property
    def checkpoint(self) -> Path:
        """The path of the checkpoint."""
        return self.path / "checkpoint.npz"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder, so that two jobs do not write one checkpoint or publish one run twice.

        Raises:
            RunFolderError: if another job holds it, or it cannot be read.
        """
        try:
            handle = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise RunFolderError(f"the run folder {self.path} cannot be read: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise RunFolderError(
                f"another job is at work in the run folder {self.path}: wait for it to end, or pass another "
                "--run-dir"
            ) from error
        except OSError:
            pass  # a file system without locks
        try:
            yield
        finally:
            os.close(handle)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file into the folder, as ``write_bytes``; of a name that is not UTF-8, the escapes."""
        self.write_bytes(name, text.encode(errors="backslashreplace"))

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file into the folder, atomically.

        Raises:
            RunFolderError: if it cannot be written.
        """
        try:
            aside = self.path / f".{name}.new"
            aside.write_bytes(content)
            os.replace(aside, self.path / name)
        except OSError as error:
            raise RunFolderError(f"the run folder {self.path} cannot be written: {error.strerror}") from error

    def write_json(self, name: str, body: Any) -> None:  # noqa: ANN401 - whatever JSON takes
        """Write a JSON file into the folder, as ``write_bytes``."""
        self.write_text(name, json.dumps(body, indent=1, allow_nan=False) + "\n")

    def outcome(self) -> dict[str, Any] | None:
        """Return the run's outcome, or None if it has not ended."""
        path = self.path / _OUTCOME
        return _read(path) if path.exists() else None

    def finish(self, outcome: dict[str, Any]) -> None:
        """Write the run's outcome."""
        self.write_json(_OUTCOME, outcome)


def open_run(config: TrainConfig, part: str = "") -> RunFolder:
    """Create the folder of a new run, or open the folder of the run to continue.

    Args:
        config: the run's configuration.
        part: name of a subfolder, for a worker other than the chief.

    Raises:
        BadArgument: if the folder holds a run with other arguments.
        RunFolderError: if the folder cannot be written.
    """
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{config.dataset_name}-{config.architecture}"
    path = (config.run_dir or _ROOT / name) / part
    if config.run_dir is not None and path.exists() and not path.is_dir():
        raise BadArgument(f"--run-dir {path} is not a folder; pass another")
    try:
        path.mkdir(parents=True, exist_ok=config.run_dir is not None)
    except FileExistsError:
        path = path.with_name(f"{path.name}-{secrets.token_hex(2)}")
        path.mkdir(parents=True)
    except OSError as error:
        raise RunFolderError(f"the run folder {path} cannot be created: {error.strerror}") from error
    arguments = path / _ARGUMENTS
    if arguments.exists():
        stored = _read(arguments)
        _check_same(path, stored["config"], config.to_dict())
        return RunFolder(path, stored["identity"])
    run = RunFolder(path, secrets.token_hex(8))
    run.write_json(_ARGUMENTS, {"identity": run.identity, "config": config.to_dict()})
    return run


def _read(path: Path) -> dict[str, Any]:
    """Read a JSON file of a run.

    Raises:
        RunFolderError: if it is damaged, as a full disk or a power failure may leave it.
    """
    try:
        body: dict[str, Any] = json.loads(path.read_text())
        return body
    except ValueError as error:
        raise RunFolderError(
            f"{path} is damaged: {error}; delete its folder, or pass another --run-dir, to start again"
        ) from error


def _check_same(path: Path, stored: dict[str, Any], given: dict[str, Any]) -> None:
    given = json.loads(json.dumps(given))
    differ = [name for name in given if name not in _MAY_DIFFER and stored.get(name) != given[name]]
    if differ:
        raise BadArgument(
            f"{path} contains a run with other arguments ({', '.join(differ)}): "
            "pass the same arguments to continue it, or another --run-dir"
        )
