"""A job made ready: its folders can be written, and an earlier result is known. No TensorFlow here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from serving.store.layout import card_of, versions
from training.config import TrainConfig
from training.distribution import Worker, worker
from training.export.publication import check_writable
from training.outcome import Outcome
from training.runs import RunFolder, open_run


@dataclass(frozen=True)
class Job:
    """A training job that may start.

    Attributes:
        config: what is to be done.
        run_folder: the run's folder.
        folder: ``<models_dir>/<name>``, where versions go.
        earlier: the result of this run, if it has ended before.
        worker: this process among those that train together.
    """

    config: TrainConfig
    run_folder: RunFolder
    folder: Path
    earlier: Outcome | None
    worker: Worker = field(default_factory=Worker)


def open_job(config: TrainConfig, environ: Mapping[str, str] = os.environ) -> Job:
    """Make the folders, or find those of the run that is to go on.

    Args:
        config: what is to be done.
        environ: ``TF_CONFIG`` is read from it.

    Raises:
        BadArgument: if the run folder belongs to other arguments.
        PublicationError: if the models folder cannot be written.
        RunFolderError: if the run folder cannot be written.
    """
    this = worker(environ)
    folder = check_writable(config.models_dir, config.published_name)
    run_folder = open_run(config, part="" if this.is_chief else f"worker-{this.index}")
    return Job(config, run_folder, folder, _earlier(run_folder, folder), this)


def _earlier(run_folder: RunFolder, folder: Path) -> Outcome | None:
    """Told by the run's own folder, or by a version that names the run (killed just after publishing)."""
    if (ended := run_folder.outcome()) is not None:
        return Outcome.from_dict(ended)
    for number in reversed(versions(folder)):
        card = card_of(folder / str(number))
        if card is None or card.run_id != run_folder.identity:
            continue
        outcome = Outcome.published(
            folder,
            number,
            accuracy=card.metrics["accuracy"],
            parameters=card.training["parameters"],
            epochs=card.training["epochs"],
            seconds=card.training["seconds"],
            run=run_folder.path,
        )
        run_folder.finish(outcome.to_dict())
        return outcome
    return None
