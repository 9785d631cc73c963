"""The benchmarks of training: what they compute and print from measurements."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.training import accuracy, doubt, fitters, kills, model_fit, statistics, time_to_target
from benchmarks.training.contestants import Run, plain_model
from training import datasets
from training.recipes import Recipe


def test_a_mean_has_a_spread_only_over_several_runs() -> None:
    assert statistics.mean_and_spread([0.99, 0.98], statistics.percent) == "98.50 % ± 0.71 %"
    assert statistics.mean_and_spread([2.0], statistics.seconds) == "2.0 s"


def test_the_ratio_is_that_of_the_total_seconds() -> None:
    fast, plain = [Run(10.0, 2, 0.991), Run(20.0, 2, 0.989)], [Run(80.0, 5, 0.99), Run(100.0, 6, 0.992)]
    report = time_to_target.report(fast, plain, 0.99)
    assert "plain takes 6.00 times as long as fast (5.00 to 8.00 in the pairs)" in report
    assert "| fast | 15.0 s ± 7.1 s | 2.0 | 99.00 % ± 0.14 % | 1 of 2 |" in report


def test_the_plain_net_has_the_parameters_of_the_tutorials() -> None:
    assert plain_model().count_params() == 320 + 18_496 + 1_600 * 10 + 10


def leave_run(folder: Path, seed: int, right: float) -> Path:
    """The files of a run folder that are read here."""
    folder.mkdir()
    config = {"dataset": "mnist", "model": "cnn", "profile": "full", "seed": seed}
    figures = {"accuracy": right, "calibration_error_before_scaling": 0.04, "calibration_error": 0.001}
    outcome = {"parameters": 71_002, "training_seconds": 100.0}
    for name, body in (("arguments", {"config": config}), ("metrics", figures), ("outcome", outcome)):
        (folder / f"{name}.json").write_text(json.dumps(body))
    return folder


def test_finished_runs_are_read_and_averaged_by_kind(tmp_path: Path) -> None:
    folders = [leave_run(tmp_path / str(seed), seed, 0.996 + 0.001 * seed) for seed in (0, 1)]
    report = accuracy.report([accuracy.read(folder) for folder in folders])
    assert "| mnist cnn full | 1 | 99.70 % | 71,002 | 100.0 s | 0.10 % | 4.00 % |" in report
    assert "| **mnist cnn full** | mean of 2 | 99.65 % ± 0.07 % |" in report


def test_an_unfinished_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="contains no finished run"):
        accuracy.read(tmp_path)


def test_the_area_is_one_when_every_stranger_scores_higher() -> None:
    known, strange = np.array([0.1, 0.2], np.float32), np.array([0.3, 0.4, 0.5], np.float32)
    assert doubt.area(known, strange) == 1.0
    assert doubt.area(strange, known) == 0.0


def test_scores_come_back_by_the_kind_of_picture() -> None:
    shown = doubt.strangers(np.zeros((3, 28, 28), np.uint8))
    count = sum(map(len, shown.values()))
    scores = doubt.split(np.arange(count, dtype=np.float32), shown)
    assert {name: len(part) for name, part in scores.items()} == {"other": 3, "noise": 2000, "blank": 256}
    assert (shown["blank"] == np.arange(256)[:, None, None]).all()


def test_a_job_reports_the_stage_at_which_it_was_killed(tmp_path: Path) -> None:
    job = kills.Job(tmp_path)
    run, models = tmp_path / "run", tmp_path / "models" / "digits"
    stages = [job.stage()]
    for path in (run / "checkpoint.npz", run / "metrics.json", models / ".staging", models / "1"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        stages.append(job.stage())
    assert stages == ["starting", "training", "reporting", "exporting", "published"]


def test_our_loop_and_keras_fit_are_reported_side_by_side() -> None:
    runs = {"our loop": [model_fit.Run(8.0, 11.0, 0.99)], "Model.fit": [model_fit.Run(9.0, 13.0, 0.98)]}
    assert "| Model.fit | 9.0 s | 13.0 s | 98.00 % |" in model_fit.report(runs)


@pytest.mark.usefixtures("deterministic")
def test_our_loop_ends_with_the_same_weights_after_a_kill() -> None:
    digits = datasets.load("digits")
    few = replace(digits, train=digits.train.at(slice(400)))
    recipe = Recipe(epochs=2, batch_size=5, averaging=0.9)
    assert fitters.loop_cut_off(few, recipe) == "the same weights"
