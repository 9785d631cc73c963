"""Cross-validation (Stone 1974), for data sets with too few pictures to hold some out of training.

Each fold in turn is held out of a training of its own. What those models answer for the pictures that they
did not see stands for validation; the model that is published is then trained on all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
from numpy.typing import NDArray

from training import doubt, runtime
from training.config import TrainConfig
from training.datasets import Dataset, Split
from training.datasets.own import splitting
from training.doubt import Evidence
from training.fitting.loop import Fit
from training.progress import Reporter
from training.runs import RunFolder

Positions = NDArray[np.int64]
Build = Callable[[], keras.Sequential]


def evidence(
    config: TrainConfig,
    data: Dataset,
    build: Build,
    run_folder: RunFolder,
    interrupted: Callable[[], bool],
    reporter: Reporter,
) -> Evidence:
    """What models answer for the pictures of ``data.train`` that each did not see, all folds together.

    Args:
        config: of the job.
        data: its training part is cut into ``data.folds`` folds.
        build: makes a new model.
        run_folder: where each fold keeps its checkpoint.
        interrupted: asked between steps; True ends the job after saving.
        reporter: told how many each model got right.
    """
    parts = splitting.folds(data.train.labels, data.folds, config.seed)
    seen = []
    for number, out in enumerate(parts, 1):
        kept = _without(data.train, out)
        part = replace(data, train=data.train.at(kept), validation=data.train.at(kept), folds=0)
        runtime.seed(config.seed, config.deterministic)
        model = build()
        path = run_folder.path / f"checkpoint-fold-{number}.npz"
        Fit(model, part, config.recipe(), seed=config.seed, path=path, interrupted=interrupted).run()
        found = doubt.observe(
            model, replace(part, validation=data.train.at(out)), config.recipe(), config.seed
        )
        right = int(np.sum(found.logits.argmax(axis=1) == found.labels))
        reporter.line(f"cross-validation, fold {number} of {data.folds}: {right} of {len(out)} right")
        seen.append(found)
    runtime.seed(config.seed, config.deterministic)  # the training on all is as if there had been none before
    return doubt.joined(seen)


def _without(train: Split, out: Positions) -> Positions:
    """Positions of all pictures but those of a fold; corrections are in the set several times over."""
    gone = {train.images[n].tobytes() for n in out.tolist()}
    return np.array([n for n in range(len(train)) if train.images[n].tobytes() not in gone], np.int64)
