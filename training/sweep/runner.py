"""Running a shard: its trials in turn, each leaving one file; what is there already is not redone."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from training import datasets, models, runtime
from training.evaluation import metrics
from training.fitting.loop import Fit
from training.predict import ForwardPass
from training.progress import Reporter
from training.sweep.experiments import Trial

TRIALS_FOLDER = "trials"
_KEPT = ("accuracy", "macro_precision", "macro_recall", "macro_f1", "calibration_error", "classes")


def run_shard(
    trials: Sequence[Trial], results: Path, data_dir: Path | None, epochs: int | None, reporter: Reporter
) -> None:
    """Run the trials that have no result yet.

    Args:
        trials: of this shard.
        results: the folder that all shards share.
        data_dir: the first place to look for the data.
        epochs: instead of the experiments' own, for a quick look.
        reporter: told of every trial.
    """
    folder = results / TRIALS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for number, trial in enumerate(trials, start=1):
        place = folder / f"{trial.key}.json"
        if place.exists():
            reporter.line(f"{number}/{len(trials)} {trial.key}: done before")
            continue
        started = time.perf_counter()
        result = run_trial(trial, data_dir, epochs)
        _write(place, result)
        took = time.perf_counter() - started
        reporter.line(
            f"{number}/{len(trials)} {trial.key}: accuracy {result['test']['accuracy']:.4f}, {took:.0f} s"
        )


def run_trial(trial: Trial, data_dir: Path | None, epochs: int | None) -> dict[str, Any]:
    """Train one model and judge it: what the merge needs, as plain JSON types."""
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


def _write(place: Path, result: dict[str, Any]) -> None:
    """In one piece, so that a shard that dies leaves no half of a result."""
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    aside.write_text(json.dumps(result) + "\n")
    os.replace(aside, place)
