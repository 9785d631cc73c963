"""The first models, for ``make run``: ``python -m training.first_models --models-dir models``.

Trains MNIST and Fashion-MNIST quickly unless they are published already; where MNIST cannot be had, goes on
with the bundled digits and says so, loudly here and in ``NOTICE.txt`` for the page.
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
    "MNIST was not available, so this service was trained on the 1,797 small digits of UCI that scikit-learn "
    "bundles: expect more mistakes than with MNIST."
)
# A few uploads and strangers besides: what `make run` shows first are real pictures.
OVERRIDES: Mapping[str, Mapping[str, Any]] = {
    "mnist": {"epochs": 3, "augmentation": "light", "uploads": 2_000, "strangers": 2_000, "promise": 0.995},
    "fashion_mnist": {"uploads": 10_000, "strangers": 3_000, "promise": 0.94},
}
SEEDS = (0, 1)

Load = Callable[[str, Path | None], object]


def main(argv: Sequence[str] | None = None) -> int:
    """Publish what is missing; exit status 0 once there is something to serve."""
    parser = argparse.ArgumentParser(prog="python -m training.first_models", description=__doc__)
    parser.add_argument("--models-dir", type=Path, default=Path("models"), help="default: models")
    parser.add_argument("--data-dir", type=Path, help="first folder to search for the data")
    arguments = parser.parse_args(argv)
    try:
        return publish_missing(arguments.models_dir, arguments.data_dir)
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        wanted: the data sets to train on.
        notice: the sentence for the page, empty where all is as it should be.
    """

    wanted: list[str]
    notice: str


def publish_missing(models_dir: Path, data_dir: Path | None) -> int:
    """Train and publish every first model that has no version yet."""
    todo = plan(models_dir, data_dir)
    for name in todo.wanted:
        if (status := _train(name, models_dir, data_dir)) != 0:
            return status
    write_notice(models_dir, todo.notice)
    return 0


def plan(models_dir: Path, data_dir: Path | None, load: Load = datasets.load) -> Plan:
    """What is missing and can be trained with the data at hand.

    Args:
        models_dir: what is published there is not done again.
        data_dir: the first place to look for the data.
        load: raises ``DatasetUnavailable`` for a data set that cannot be had.
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
    """Train one model, with another seed if the gate refuses the first."""
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
                f"{outcome.training_seconds:.0f} s ({time.perf_counter() - started:.0f} s in all)\n",
                flush=True,
            )
            return 0
    print(f"error: {name}: the gate refused {len(SEEDS)} seeds; see their runs", file=sys.stderr)
    return EXIT_REFUSED


def config(name: str, models_dir: Path, data_dir: Path | None, seed: int) -> TrainConfig:
    """The quick profile to its end: its target leaves too little margin on the test set."""
    return TrainConfig(
        dataset=name,
        model="cnn-small",
        profile="standard" if name == FALLBACK else "fast",  # so few pictures are quick in any case
        models_dir=models_dir,
        data_dir=data_dir,
        seed=seed,
        target_accuracy=0.0,
        min_accuracy=REQUIRED.get(name),
        overrides=OVERRIDES.get(name, {}),
    )


def write_notice(models_dir: Path, notice: str) -> None:
    """Leave the sentence for the page; take an old one away where there is none."""
    path = models_dir / NOTICE_FILE
    if notice:
        print(f"\n*** {notice}\n", file=sys.stderr)
        path.write_text(notice + "\n")
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
