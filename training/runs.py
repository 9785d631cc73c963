"""The folder of a run: everything that one training job leaves behind, and what it needs to go on."""

from __future__ import annotations

import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

from training.config import TrainConfig
from training.errors import BadArgument, RunFolderError

_ROOT = Path("runs")
_ARGUMENTS = "arguments.json"
_OUTCOME = "outcome.json"
# Where things go may change between two starts of one run; what is computed may not.
_MAY_DIFFER = ("run_dir", "models_dir", "data_dir", "models_config", "keep")


class RunFolder:
    """One run's folder.

    Attributes:
        path: the folder.
        identity: names this run in the card of what it publishes.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self.path, self.identity = path, identity

    @property
    def checkpoint(self) -> Path:
        """Where the training in progress is kept."""
        return self.path / "checkpoint.npz"

    def write_text(self, name: str, text: str) -> None:
        """Write a text file of the run."""
        self.write_bytes(name, text.encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file of the run, in one piece."""
        try:
            aside = self.path / f".{name}.new"
            aside.write_bytes(content)
            os.replace(aside, self.path / name)
        except OSError as error:
            raise RunFolderError(f"the run folder {self.path} cannot be written: {error.strerror}") from error

    def write_json(self, name: str, body: Any) -> None:  # noqa: ANN401 - whatever JSON takes
        """Write a JSON file of the run."""
        self.write_text(name, json.dumps(body, indent=1, allow_nan=False) + "\n")

    def outcome(self) -> dict[str, Any] | None:
        """The run's outcome, if it has ended."""
        path = self.path / _OUTCOME
        return json.loads(path.read_text()) if path.exists() else None

    def finish(self, outcome: dict[str, Any]) -> None:
        """Write the run's outcome."""
        self.write_json(_OUTCOME, outcome)


def open_run(config: TrainConfig, part: str = "") -> RunFolder:
    """Make the folder of a new run, or open that of one which is to go on.

    Args:
        config: of the run.
        part: a folder inside the run's, for a worker beside the chief.

    Raises:
        BadArgument: if the folder holds a run with other arguments.
        RunFolderError: if the folder cannot be written.
    """
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{config.dataset_name}-{config.architecture}"
    path = (config.run_dir or _ROOT / name) / part
    try:
        path.mkdir(parents=True, exist_ok=config.run_dir is not None)
    except FileExistsError:
        path = path.with_name(f"{path.name}-{secrets.token_hex(2)}")
        path.mkdir(parents=True)
    except OSError as error:
        raise RunFolderError(f"the run folder {path} cannot be made: {error.strerror}") from error
    arguments = path / _ARGUMENTS
    if arguments.exists():
        stored = json.loads(arguments.read_text())
        _check_same(path, stored["config"], config.to_dict())
        return RunFolder(path, stored["identity"])
    run = RunFolder(path, secrets.token_hex(8))
    run.write_json(_ARGUMENTS, {"identity": run.identity, "config": config.to_dict()})
    return run


def _check_same(path: Path, stored: dict[str, Any], given: dict[str, Any]) -> None:
    given = json.loads(json.dumps(given))
    differ = [name for name in given if name not in _MAY_DIFFER and stored.get(name) != given[name]]
    if differ:
        raise BadArgument(
            f"{path} holds a run with other arguments ({', '.join(differ)}): "
            "pass the same ones to continue it, or another --run-dir"
        )
