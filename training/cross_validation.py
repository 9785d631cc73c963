"""Cross-validation (Stone 1974), for data sets with too few pictures to hold some out for validation.

One model is trained for each fold, without that fold's pictures. Its answers for those pictures take the
place of validation. The published model is then trained on all pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
from numpy.typing import NDArray

from training import runtime
from training.config import TrainConfig
from training.datasets import Dataset, Split
from training.datasets.own import splitting
from training.evidence import Evidence, Witness, joined
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
    """Train a model per fold and return the answers for all pictures of ``data.train``.

    Args:
        config: the job's configuration.
        data: the data set; its training part is divided into ``data.folds`` folds.
        build: makes a new, untrained model.
        run_folder: where each fold keeps its checkpoint.
        interrupted: called between steps; if it returns True, the job saves its state and ends.
        reporter: gets a line for each fold.

    Returns:
        The evidence of all folds together, in the order of the folds.

    Raises:
        Interrupted: if ``interrupted`` returned True.
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
        found = Witness(
            model, replace(part, validation=data.train.at(out)), config.recipe(), config.seed
        ).observe()
        right = int(np.sum(found.logits.argmax(axis=1) == found.labels))
        reporter.line(f"cross-validation, fold {number} of {data.folds}: {right} of {len(out)} right")
        seen.append(found)
    runtime.seed(
        config.seed, config.deterministic
    )  # the final training gets the same random numbers as without folds
    return joined(seen)


def _without(train: Split, out: Positions) -> Positions:
    """Return the positions of all pictures that are not in a fold.

    Pictures are compared by content, because corrections occur several times in the training part.
    """
    gone = {train.images[n].tobytes() for n in out.tolist()}
    return np.array([n for n in range(len(train)) if train.images[n].tobytes() not in gone], np.int64)
