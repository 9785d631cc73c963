"""Train the first models for ``make run``: ``python -m training.first_models --models-dir models``.

Trains MNIST and Fashion-MNIST quickly, unless a version of each is already published. If MNIST is not
available, trains on the digits bundled with scikit-learn instead, and says so on stderr and on the page
(``NOTICE.txt``).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.store.layout import versions
from training import datasets
from training.config import TrainConfig
from training.errors import EXIT_REFUSED, DatasetUnavailable, TrainingError
from training.export.publication import check_writable

NOTICE_FILE = "NOTICE.txt"
REQUIRED = {"mnist": 0.99, "fashion_mnist": 0.90}
FALLBACK = "digits"
NOTICE = (
    "MNIST was not available, so this service was trained on the 1,797 small UCI digits bundled with "
    "scikit-learn. Expect more mistakes than with MNIST."
)
# With a few synthetic uploads and strangers, because `make run` is first tried with real pictures.
OVERRIDES: Mapping[str, Mapping[str, Any]] = {
    "mnist": {"epochs": 3, "augmentation": "light", "uploads": 2_000, "strangers": 2_000, "promise": 0.995},
    "fashion_mnist": {"uploads": 10_000, "strangers": 3_000, "promise": 0.94},
}
SEEDS = (0, 1)

Load = Callable[[str, Path | None], object]


def main(argv: Sequence[str] | None = None) -> int:
    """Publish the missing models; returns exit status 0 when there is something to serve."""
    parser = argparse.ArgumentParser(prog="python -m training.first_models", description=__doc__)
    parser.add_argument("--models-dir", type=Path, default=Path("models"), help="default: models")
    parser.add_argument("--data-dir", type=Path, help="folder to search for the data first")
    arguments = parser.parse_args(argv)
    try:
        return publish_missing(arguments.models_dir, arguments.data_dir)
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


@dataclass(frozen=True)
class Plan:
    """The models to train.

    Attributes:
        wanted: the data sets to train on.
        notice: a notice for the page; empty if MNIST is available.
    """

    wanted: list[str]
    notice: str


def publish_missing(models_dir: Path, data_dir: Path | None) -> int:
    """Train and publish every first model that has no version yet; returns the exit status."""
    todo = plan(models_dir, data_dir)
    for name in todo.wanted:
        if (status := _train(name, models_dir, data_dir)) != 0:
            return status
    write_notice(models_dir, todo.notice)
    return 0


def plan(models_dir: Path, data_dir: Path | None, load: Load = datasets.load) -> Plan:
    """Find out which models are missing and can be trained.

    Args:
        models_dir: models that have a version here are not trained again.
        data_dir: the folder to search for the data first.
        load: loads a data set by name; raises ``DatasetUnavailable`` if it is not available.
    """
    missing = [name for name in REQUIRED if not versions(models_dir / name)]
    wanted = [name for name in missing if _available(name, data_dir, load)]
    if "mnist" not in missing or "mnist" in wanted:
        return Plan(wanted, "")
    if not versions(models_dir / FALLBACK):
        wanted.append(FALLBACK)
    return Plan(wanted, NOTICE)


def _available(name: str, data_dir: Path | None, load: Load) -> bool:
    try:
        load(name, data_dir)
    except DatasetUnavailable as error:
        print(f"\n*** {error}\n", file=sys.stderr)
        return False
    return True


def _train(name: str, models_dir: Path, data_dir: Path | None) -> int:
    """Train and publish one model; if the gate refuses it, try again with the next seed."""
    check_writable(models_dir, name)
    from training import runtime

    runtime.import_quietly()
    from training import pipeline

    for seed in SEEDS:
        started = time.perf_counter()
        outcome = pipeline.run(config(name, models_dir, data_dir, seed))
        for reason in outcome.refusals:
            print(f"refused: {reason}", file=sys.stderr)
        if not outcome.refusals:
            print(
                f"published {outcome.path}: {outcome.test_accuracy:.2%} on the test set, trained in "
                f"{outcome.training_seconds:.0f} s ({time.perf_counter() - started:.0f} s in total)\n",
                flush=True,
            )
            return 0
    print(
        f"error: {name}: the gate refused all {len(SEEDS)} seeds; see the reports in runs/", file=sys.stderr
    )
    return EXIT_REFUSED


def config(name: str, models_dir: Path, data_dir: Path | None, seed: int) -> TrainConfig:
    """Return the configuration of a first model.

    It trains the fast profile to its last epoch, because stopping at the profile's target leaves too little
    margin on the test set.
    """
    return TrainConfig(
        dataset=name,
        model="cnn-small",
        profile="standard"
        if name == FALLBACK
        else "fast",  # the standard profile is quick on so few pictures
        models_dir=models_dir,
        data_dir=data_dir,
        seed=seed,
        target_accuracy=0.0,
        min_accuracy=REQUIRED.get(name),
        overrides=OVERRIDES.get(name, {}),
    )


def write_notice(models_dir: Path, notice: str) -> None:
    """Write the notice for the page; remove an earlier one if there is none."""
    path = models_dir / NOTICE_FILE
    if notice:
        print(f"\n*** {notice}\n", file=sys.stderr)
        path.write_text(notice + "\n")
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
