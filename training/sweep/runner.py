"""Running a shard: its trials one after another, each writing one file. Finished trials are not repeated."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from training import datasets, models, runtime
from training.errors import BadArgument
from training.evaluation import metrics
from training.fitting.loop import Fit
from training.predict import ForwardPass
from training.progress import Reporter
from training.sweep.experiments import Trial

TRIALS_FOLDER = "trials"
_EPOCHS = "epochs_given"
_KEPT = ("accuracy", "macro_precision", "macro_recall", "macro_f1", "calibration_error", "classes")


def run_shard(
    trials: Sequence[Trial], results: Path, data_dir: Path | None, epochs: int | None, reporter: Reporter
) -> None:
    """Run the trials that have no result yet.

    Args:
        trials: the trials of this shard.
        results: the folder that all shards share.
        data_dir: the folder to search for the data first.
        epochs: replaces the experiments' own number of epochs; None keeps it.
        reporter: gets a line per trial.

    Raises:
        BadArgument: if a trial has a result, but of another ``epochs``; nothing is run then.
    """
    folder = results / TRIALS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for trial in trials:
        _check_epochs(folder / f"{trial.key}.json", epochs)
    for number, trial in enumerate(trials, start=1):
        place = folder / f"{trial.key}.json"
        if place.exists():
            reporter.line(f"{number}/{len(trials)} {trial.key}: already done")
            continue
        started = time.perf_counter()
        result = {**run_trial(trial, data_dir, epochs), _EPOCHS: epochs}
        _write(place, result)
        took = time.perf_counter() - started
        reporter.line(
            f"{number}/{len(trials)} {trial.key}: accuracy {result['test']['accuracy']:.4f}, {took:.0f} s"
        )


def run_trial(trial: Trial, data_dir: Path | None, epochs: int | None) -> dict[str, Any]:
    """Train and evaluate one model; returns its result as plain JSON types."""
    keras.backend.clear_session()
    config = trial.config(epochs)
    runtime.seed(trial.seed, deterministic=False)
    data = datasets.load(config.dataset, data_dir, seed=trial.seed)
    model = models.build(config.model, config.options, len(data.labels))
    began = time.process_time()
    fitted = Fit(model, data, config.recipe(), seed=trial.seed).run()
    used = time.process_time() - began
    probabilities = ForwardPass(lambda images: keras.ops.softmax(model(images, training=False)))(
        data.test.images
    )
    test = metrics.figures(probabilities, data.test.labels, data.labels)
    return {
        "key": trial.key,
        "dataset": trial.dataset,
        "seed": trial.seed,
        "parameters": model.count_params(),
        "seconds": fitted.seconds,
        "processor_seconds": used,
        "best_epoch": fitted.best_epoch,
        "history": fitted.history,
        "test": {name: test[name] for name in _KEPT},
    }


def _check_epochs(place: Path, epochs: int | None) -> None:
    """Refuse to take a result for that of a training with other epochs, such as one of a quick look."""
    if not place.exists():
        return
    stored = json.loads(place.read_text()).get(_EPOCHS)
    if stored != epochs:
        there, here = (f"--epochs {n}" if n else "no --epochs" for n in (stored, epochs))
        raise BadArgument(
            f"{place} is the result of a sweep with {there}, this one has {here}; pass another --results-dir"
        )


def _write(place: Path, result: dict[str, Any]) -> None:
    """Write a result atomically, so that a shard that dies leaves no incomplete one."""
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    aside.write_text(json.dumps(result) + "\n")
    os.replace(aside, place)
