"""The sweep: shards that share nothing, and the one report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from training.commands import sweep
from training.errors import BadArgument
from training.progress import Reporter
from training.sweep import failures, merge, runner
from training.sweep.experiments import EXPERIMENTS, Trial, distinct, trials
from training.sweep.rows import group


def result(trial: Trial, accuracy: float, epochs: int = 4) -> dict[str, Any]:
    """The file of a finished trial, in which the validation loss falls, then rises."""
    losses = [0.5, 0.3, 0.4, 0.6][:epochs]
    history = [
        {
            "epoch": n + 1,
            "loss": 0.5 / (n + 1),
            "accuracy": 0.9 + 0.02 * n,
            "val_loss": loss,
            "val_accuracy": 0.9 - 0.01 * abs(n - 2),
        }
        for n, loss in enumerate(losses)
    ]
    classes = {"1": {"precision": 0.25, "recall": 0.75, "f1": 0.375}}
    test = {"accuracy": accuracy, "macro_precision": 0.5, "macro_recall": 0.6, "macro_f1": 0.55}
    return {
        "key": trial.key,
        "dataset": trial.dataset,
        "seed": trial.seed,
        "parameters": 1234,
        "seconds": 2.0,
        "processor_seconds": 3.0,
        "best_epoch": 3,
        "history": history,
        "test": {**test, "calibration_error": 0.05, "classes": classes},
    }


def leave(results: Path, trial: Trial, accuracy: float) -> None:
    (results / runner.TRIALS_FOLDER).mkdir(parents=True, exist_ok=True)
    (results / runner.TRIALS_FOLDER / f"{trial.key}.json").write_text(json.dumps(result(trial, accuracy)))


def shard_of(arguments: list[str], environ: dict[str, str]) -> int:
    from training.__main__ import parser

    given = parser().parse_args(["sweep", "--results-dir", "unused", *arguments])
    return sweep._shard(given, environ)


def test_a_training_shared_by_two_experiments_runs_once() -> None:
    every = trials(EXPERIMENTS, ["mnist", "fashion_mnist"], seeds=3)
    once = distinct(every)
    assert len({trial.key for trial in once}) == len(once) < len(every)
    assert {trial.key for trial in once} == {trial.key for trial in every}


def test_trials_share_a_name_only_if_they_train_the_same() -> None:
    by_key: dict[str, dict[str, Any]] = {}
    for trial in trials(EXPERIMENTS, ["mnist", "fashion_mnist"], seeds=2):
        config = trial.config().to_dict()
        assert by_key.setdefault(trial.key, config) == config


def test_slow_variants_get_fewer_seeds() -> None:
    seeds = [trial.seed for trial in trials(["architecture"], ["mnist"], seeds=3)]
    assert seeds.count(2) < seeds.count(1) < seeds.count(0) == len(EXPERIMENTS["architecture"])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_is_a_valid_configuration(name: str) -> None:
    for trial in trials([name], ["digits"], seeds=1):
        assert trial.config().recipe().schedule == "constant"


def test_shards_take_every_trial_exactly_once() -> None:
    every = distinct(trials(EXPERIMENTS, ["mnist"], seeds=2))
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
        (["--shards", "4", "--shard", "4"], {}, "--shard must be from 0 to 3, not 4"),
    ],
)
def test_an_invalid_shard_is_refused(arguments: list[str], environ: dict[str, str], message: str) -> None:
    with pytest.raises(BadArgument, match=message):
        shard_of(arguments, environ)


def test_the_report_gives_mean_and_spread_over_the_seeds(tmp_path: Path) -> None:
    every = trials(["normalisation"], ["digits"], seeds=2)
    for trial, accuracy in zip(every, (0.90, 0.92, 0.5, 0.7), strict=True):
        leave(tmp_path, trial, accuracy)
    assert merge.merge(every, tmp_path).missing == []
    report = (tmp_path / "report.md").read_text()
    assert "| digits | 0..1 | 1,234 | 91.00% ± 1.41 |" in report
    assert "| digits | 0..255 | 1,234 | 60.00% ± 14.14 |" in report
    assert "trials are missing" not in report
    assert (tmp_path / "normalisation.png").read_bytes().startswith(b"\x89PNG")


def test_a_single_seed_has_no_spread(tmp_path: Path) -> None:
    (trial,) = trials(["normalisation"], ["digits"], seeds=1)[:1]
    leave(tmp_path, trial, 0.9)
    merge.merge([trial], tmp_path)
    assert "| 90.00% |" in (tmp_path / "report.md").read_text()


def test_the_epoch_where_overfitting_starts_is_that_of_the_lowest_validation_loss() -> None:
    (trial, *_) = trials(["normalisation"], ["digits"], seeds=1)
    (row,) = group([(trial, result(trial, 0.9))])
    assert row.turning_point() == 2
    assert row.gap() == pytest.approx(0.07)


def test_the_weights_kept_are_those_of_the_best_epoch() -> None:
    (trial, *_) = trials(["callback"], ["digits"], seeds=1)
    (row,) = group([(trial, result(trial, 0.9))])
    assert row.kept() == pytest.approx((0.9, 0.89))


def test_a_report_of_unfinished_shards_counts_the_missing_trials(tmp_path: Path) -> None:
    every = trials(["normalisation"], ["digits"], seeds=2)
    leave(tmp_path, every[0], 0.9)
    assert merge.merge(every, tmp_path).missing == [trial.key for trial in every[1:]]
    assert "3 of 4 trials are missing" in (tmp_path / "report.md").read_text()


@pytest.fixture
def finished(tmp_path: Path) -> merge.SweepReport:
    every = trials(EXPERIMENTS, ["mnist", "fashion_mnist"], seeds=2)
    for trial in distinct(every):
        leave(tmp_path, trial, 0.9)
    return merge.read(every, tmp_path)


def test_a_quick_look_is_not_taken_for_the_results(tmp_path: Path) -> None:
    (trial,) = trials(["neurons"], ["mnist"], seeds=1)[:1]
    folder = tmp_path / runner.TRIALS_FOLDER
    folder.mkdir()
    for stored, asked in ((1, None), (None, 1), (1, 2)):
        (folder / f"{trial.key}.json").write_text(json.dumps({**result(trial, 0.9), "epochs_given": stored}))
        with pytest.raises(BadArgument, match="pass another --results-dir"):
            runner.run_shard([trial], tmp_path, None, asked, Reporter.silent())
        runner.run_shard([trial], tmp_path, None, stored, Reporter.silent())


def test_tables_and_plots_are_inserted_at_the_markers_of_a_document(
    tmp_path: Path, finished: merge.SweepReport
) -> None:
    document = tmp_path / "lab.md"
    places = "".join(f"<!-- sweep: {n} -->\nold\n<!-- end -->\n" for n in [*EXPERIMENTS, "classes"])
    document.write_text(f"Before.\n\n{places}\nAfter.\n")
    assert merge.fill(finished, document, tmp_path / "images" / "lab") == []
    text = document.read_text()
    assert "old" not in text
    assert text.startswith("Before.")
    assert text.endswith("After.\n")
    assert "| MNIST | 1 | 25.00% | 75.00% | 37.50% |" in text
    for name in EXPERIMENTS:
        assert f"![{name}](images/lab/{name}.png)" in text
        assert (tmp_path / "images" / "lab" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    merge.fill(finished, document, tmp_path / "images" / "lab")
    assert document.read_text() == text


def test_a_place_without_results_is_kept_and_named(tmp_path: Path, finished: merge.SweepReport) -> None:
    document = tmp_path / "lab.md"
    document.write_text("<!-- sweep: weather -->\nold\n<!-- end -->\n")
    assert merge.fill(finished, document, tmp_path / "images") == ["weather"]
    assert "old" in document.read_text()


def test_the_projects_document_has_only_places_of_known_experiments(
    tmp_path: Path, finished: merge.SweepReport
) -> None:
    ours = Path(__file__).resolve().parents[3] / "docs" / "experiments.md"
    document = tmp_path / "experiments.md"
    document.write_text(ours.read_text())
    assert merge.fill(finished, document, tmp_path / "images") == []
    for name in [*EXPERIMENTS, "classes", "failures"]:
        assert f"<!-- sweep: {name} -->" in document.read_text()


def test_the_two_nets_that_fail_on_purpose_are_explained() -> None:
    first, second = failures.messages().values()
    assert "a Flatten (or a pooling over the picture) is missing" in first
    assert "has 5 neurons for labels 0 to 9: it needs 10" in second
