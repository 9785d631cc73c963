"""The sweep: shards that share nothing, and the one report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from training.commands import sweep
from training.errors import BadArgument
from training.sweep import merge, runner
from training.sweep.experiments import EXPERIMENTS, Trial, trials


def result(trial: Trial, accuracy: float, epochs: int = 4) -> dict[str, Any]:
    """What a shard leaves of a trial: validation loss falls, then rises."""
    losses = [0.5, 0.3, 0.4, 0.6][:epochs]
    history = [
        {
            "epoch": n + 1,
            "loss": 0.5 / (n + 1),
            "accuracy": 0.9 + 0.02 * n,
            "val_loss": loss,
            "val_accuracy": 0.9,
        }
        for n, loss in enumerate(losses)
    ]
    test = {"accuracy": accuracy, "macro_precision": 0.5, "macro_recall": 0.6, "macro_f1": 0.55}
    facts = {"parameters": 1234, "seconds": 2.0, "best_epoch": 1}
    return {
        "key": trial.key,
        "experiment": trial.experiment,
        "variant": trial.variant.label,
        "dataset": trial.dataset,
        "seed": trial.seed,
        "history": history,
        "test": test,
        **facts,
    }


def leave(results: Path, trial: Trial, accuracy: float) -> None:
    (results / runner.TRIALS_FOLDER).mkdir(parents=True, exist_ok=True)
    (results / runner.TRIALS_FOLDER / f"{trial.key}.json").write_text(json.dumps(result(trial, accuracy)))


def shard_of(arguments: list[str], environ: dict[str, str]) -> int:
    from training.__main__ import parser

    given = parser().parse_args(["sweep", "--results-dir", "unused", *arguments])
    return sweep._shard(given, environ)


def test_every_trial_has_a_name_of_its_own() -> None:
    every = trials(EXPERIMENTS, ["mnist", "fashion_mnist"], seeds=3)
    assert len({trial.key for trial in every}) == len(every)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_is_a_valid_configuration(name: str) -> None:
    for trial in trials([name], ["digits"], seeds=1):
        assert trial.config().recipe().schedule == "constant"


def test_shards_take_every_trial_exactly_once() -> None:
    every = trials(EXPERIMENTS, ["mnist"], seeds=2)
    taken = [trial.key for shard in range(4) for trial in every[shard::4]]
    assert sorted(taken) == sorted(trial.key for trial in every)


def test_the_shard_comes_from_the_indexed_job() -> None:
    assert shard_of(["--shards", "4"], {"JOB_COMPLETION_INDEX": "3"}) == 3
    assert shard_of(["--shards", "4", "--shard", "1"], {"JOB_COMPLETION_INDEX": "3"}) == 1
    assert shard_of([], {}) == 0


@pytest.mark.parametrize(
    ("arguments", "environ", "message"),
    [
        (["--shards", "4"], {}, "--shards needs --shard, or JOB_COMPLETION_INDEX"),
        (["--shards", "4", "--shard", "4"], {}, "--shard takes 0 to 3, not 4"),
    ],
)
def test_a_shard_that_cannot_be_is_refused(
    arguments: list[str], environ: dict[str, str], message: str
) -> None:
    with pytest.raises(BadArgument, match=message):
        shard_of(arguments, environ)


def test_the_report_gives_mean_and_spread_over_the_seeds(tmp_path: Path) -> None:
    every = trials(["normalisation"], ["digits"], seeds=2)
    for trial, accuracy in zip(every, (0.90, 0.92, 0.5, 0.7), strict=True):
        leave(tmp_path, trial, accuracy)
    assert merge.merge(every, tmp_path) == []
    report = (tmp_path / "report.md").read_text()
    assert "| 0..1 | 1,234 | 2 | 0.9100 ± 0.0141 |" in report
    assert "| 0..255 | 1,234 | 2 | 0.6000 ± 0.1414 |" in report
    assert "missing" not in report
    assert (tmp_path / "normalisation-digits.png").read_bytes().startswith(b"\x89PNG")


def test_the_epoch_where_overfitting_starts_is_that_of_the_lowest_validation_loss() -> None:
    (trial, *_) = trials(["normalisation"], ["digits"], seeds=1)
    (row,) = merge.group([result(trial, 0.9)])
    assert row.turning_point() == 2
    assert row.gap() == pytest.approx(0.06)


def test_a_report_of_unfinished_shards_says_what_is_missing(tmp_path: Path) -> None:
    every = trials(["normalisation"], ["digits"], seeds=2)
    leave(tmp_path, every[0], 0.9)
    assert merge.merge(every, tmp_path) == [trial.key for trial in every[1:]]
    assert "3 of 4 trials are missing" in (tmp_path / "report.md").read_text()
