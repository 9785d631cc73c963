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
    """Train a model per fold and return the answers for all pictures of ``data.train``, each once.

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
    parts = divided(data.train, data.folds, config.seed)
    seen = []
    for number, (kept, out) in enumerate(parts, 1):
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


def divided(train: Split, count: int, seed: int) -> list[tuple[Positions, Positions]]:
    """Divide a training part into folds.

    Corrections occur several times in a training part. All copies of a picture are in one fold: spread over
    all folds, they would be missing from what each fold's model is trained on.

    Args:
        train: the training part.
        count: number of folds.
        seed: chooses the pictures of each fold.

    Returns:
        For each fold, the positions to train on, with all copies, and those held out, each picture once.
    """
    known: dict[bytes, int] = {}
    numbers = np.array([known.setdefault(image.tobytes(), len(known)) for image in train.images])
    firsts = np.unique(numbers, return_index=True)[1]
    parts = splitting.folds(train.labels[firsts], count, seed)
    return [(np.flatnonzero(~np.isin(numbers, part)), firsts[part]) for part in parts]
