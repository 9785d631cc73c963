"""A job that is ready to start: its folders are writable and an earlier result is known.

Nothing here imports TensorFlow.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from serving.store.layout import card_of, versions
from training.config import TrainConfig
from training.distribution import Worker, worker
from training.export import serving_version
from training.export.publication import check_writable
from training.outcome import Outcome
from training.runs import RunFolder, open_run


@dataclass(frozen=True)
class Job:
    """A training job that is ready to start.

    Attributes:
        config: the job's configuration.
        run_folder: the folder of the run.
        folder: ``<models_dir>/<name>``, the folder of the versions.
        earlier: the outcome of this run, if it has already ended.
        worker: this process's place among the processes that train together.
    """

    config: TrainConfig
    run_folder: RunFolder
    folder: Path
    earlier: Outcome | None
    worker: Worker = field(default_factory=Worker)


def open_job(config: TrainConfig, environ: Mapping[str, str] = os.environ) -> Job:
    """Create the folders of a job, or open those of the run to continue.

    Args:
        config: the job's configuration.
        environ: environment variables; see ``distribution.worker``.

    Raises:
        BadArgument: if the run folder belongs to a run with other arguments, or as ``distribution.worker``.
        PublicationError: if the models folder cannot be written or the configuration cannot be read.
        RunFolderError: if the run folder cannot be written.
    """
    this = worker(environ)
    folder = check_writable(config.models_dir, config.published_name)
    serving_version.check(folder, config.models_config)
    run_folder = open_run(config, part="" if this.is_chief else f"worker-{this.index}")
    return Job(config, run_folder, folder, _earlier(run_folder, folder), this)


def _earlier(run_folder: RunFolder, folder: Path) -> Outcome | None:
    """Return the outcome stored in the run folder, or rebuild it from the version that the run published.

    A job killed right after publishing leaves a version whose card names the run, but no stored outcome.
    """
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
