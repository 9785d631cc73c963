"""The training command as a person or a cluster runs it, on real digits, in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving import administration
from serving.contract import card_from_json
from serving.store import ledger
from serving.store.layout import card_path, versions
from tests.integration.training_command import last_line, start, training
from tests.waiting import eventually
from training.export import golden, replay

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("training")]

QUICK = ["--dataset", "digits", "--model", "dense-128", "--profile", "fast"]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("job")


@pytest.fixture(scope="module")
def published(work: Path) -> dict[str, Any]:
    """A model published by the command; its last line of stdout."""
    models, run = str(work / "models"), str(work / "run")
    code, out, err = training("train", *QUICK, "--epochs", "12", "--models-dir", models, "--run-dir", run)
    assert code == 0, err
    assert "WARNING" not in err
    return last_line(out)


def test_the_last_line_of_stdout_is_the_published_version(published: dict[str, Any], work: Path) -> None:
    assert set(published) == {
        "name", "version", "path", "test_accuracy", "parameters", "epochs", "training_seconds", "run",
    }  # fmt: skip
    assert published["version"] == 1
    assert published["test_accuracy"] >= 0.95
    assert published["parameters"] == 784 * 128 + 128 + 1290
    assert Path(published["path"]) == work / "models" / "digits" / "1"


def test_the_run_folder_has_everything_of_the_run(published: dict[str, Any]) -> None:
    found = {path.name for path in Path(published["run"]).iterdir()}
    assert found == {
        "arguments.json", "card.json", "checkpoint.npz", "confused.png", "confusion.png", "history.json",
        "learning_curves.png", "metrics.json", "mistakes.png", "model.txt", "outcome.json",
        "reliability.png", "report.html", "report.md",
    }  # fmt: skip
    history = json.loads((Path(published["run"]) / "history.json").read_text())
    assert len(history) == published["epochs"]
    report = (Path(published["run"]) / "report.md").read_text()
    assert report.startswith("# dense-128 on digits\n\n**Published as version 1 of digits.**")
    assert "| seed | 0 |" in report


def test_the_version_has_card_golden_set_and_warm_up_requests(published: dict[str, Any]) -> None:
    version = Path(published["path"])
    card = card_from_json(card_path(version).read_bytes())
    assert card.dataset == "digits"
    assert card.recipe == "ink@2"
    assert card.labels == tuple("0123456789")
    assert card.metrics["accuracy"] == published["test_accuracy"]
    assert 0 < card.thresholds.uncertain_below < 1
    assert card.thresholds.ood_above is not None
    assert card.training["seed"] == 0
    assert set(card.software) >= {"tensorflow", "keras", "python"}
    warm_up = version / "assets.extra" / "tf_serving_warmup_requests"
    assert warm_up.stat().st_size > 2 * (1 + 32) * 28 * 28 * 4
    known = golden.read(version)
    assert len(known.images) == golden.PICTURES + golden.UPLOADS
    assert [file[:2] for file in known.files[-golden.UPLOADS :]] == [b"\xff\xd8"] * golden.UPLOADS, "JPEG"
    assert len(card.run_id) == 16
    entry = ledger.entries(version.parent)[1]
    assert (entry.run_id, entry.accuracy) == (card.run_id, published["test_accuracy"])
    assert not ledger.changed(version.parent, 1)


def test_a_fresh_process_answers_as_training_did(published: dict[str, Any]) -> None:
    known = golden.read(Path(published["path"]))
    (answers,) = replay.replay([Path(published["path"])], known.images)
    assert known.difference(answers.probabilities) < golden.TOLERANCE
    np.testing.assert_allclose(answers.scores, known.scores, rtol=1e-3)
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1.0, rtol=1e-5)
    assert card_from_json(answers.card).dataset == "digits"


def test_a_finished_run_is_not_repeated(published: dict[str, Any], work: Path) -> None:
    models, run = str(work / "models"), str(work / "run")
    code, out, _ = training("train", *QUICK, "--epochs", "12", "--models-dir", models, "--run-dir", run)
    assert code == 0
    assert last_line(out) == published
    assert versions(work / "models" / "digits") == [1]


def test_a_run_folder_of_other_arguments_is_refused(published: dict[str, Any]) -> None:
    code, _, err = training("train", *QUICK, "--epochs", "13", "--run-dir", published["run"])
    assert code == 2
    assert "contains a run with other arguments (epochs)" in err


def test_a_refused_model_leaves_its_run_and_no_version(work: Path) -> None:
    models, run = work / "refused", work / "refused-run"
    arguments = ["--epochs", "1", "--min-accuracy", "0.999", "--min-class-recall", "0.99"]
    code, out, err = training("train", *QUICK, *arguments, "--models-dir", str(models), "--run-dir", str(run))
    assert code == 3, err
    assert last_line(out)["version"] is None
    assert "below the required 0.999" in err
    assert "recall" in err
    assert versions(models / "digits") == []
    page = (run / "report.html").read_text()
    assert page.index("Refused. Nothing is published") < page.index("below the required 0.999")
    assert page.index("below the required 0.999") < page.index("Settings") < page.index("Learning curves")


def test_a_clearly_worse_model_does_not_replace_the_published_one(
    published: dict[str, Any], work: Path
) -> None:
    arguments = ["--epochs", "1", "--learning-rate", "0.0001", "--min-accuracy", "0"]
    models = str(work / "models")
    code, _, err = training(
        "train", *QUICK, *arguments, "--models-dir", models, "--run-dir", str(work / "worse")
    )
    assert code == 3, err
    assert f"more errors than version {published['version']} on the 360 test pictures" in err
    assert "McNemar" in err
    assert "to publish it beside that model pass --name NAME" in err
    assert "the best ever published (version 1)" in err
    report = (work / "worse" / "report.md").read_text()
    assert "| version 1 |" in report
    card = card_from_json((work / "worse" / "card.json").read_bytes())
    assert card.gate["compared"][0]["version"] == 1
    assert set(card.gate["compared"][0]["hard"]) == {"accuracy", "calibration_error", "doubtful"}
    assert versions(work / "models" / "digits") == [1]


def test_after_a_rollback_the_gate_compares_with_the_serving_version_not_the_newest(
    published: dict[str, Any], work: Path
) -> None:
    models = work / "rolled-back"
    for version in ("1", "2"):
        shutil.copytree(published["path"], models / "digits" / version)
    assert administration.main(["promote", "digits", "1", "--models-dir", str(models)]) == 0
    arguments = ["--epochs", "12", "--models-dir", str(models), "--run-dir", str(work / "rolled-back-run")]
    code, out, err = training("train", *QUICK, *arguments)
    assert code == 0, err
    card = card_from_json(card_path(Path(last_line(out)["path"])).read_bytes())
    assert [row["version"] for row in card.gate["compared"]] == [1]


def test_a_model_of_other_data_does_not_replace_the_serving_one(
    published: dict[str, Any], work: Path
) -> None:
    models = work / "other-data"
    shutil.copytree(published["path"], models / "mnist" / "1")
    card = card_path(models / "mnist" / "1")
    content = json.loads(card.read_text())
    content["dataset"] = "mnist"
    content["training"]["data_sha256"] = dict.fromkeys(content["training"]["data_sha256"], "0" * 64)
    card.write_text(json.dumps(content))
    arguments = ["--name", "mnist", "--epochs", "12", "--models-dir", str(models)]
    code, _, err = training("train", *QUICK, *arguments, "--run-dir", str(work / "other-data-run"))
    assert code == 3
    assert "the serving version 1 was trained on mnist, this one on digits" in err
    assert versions(models / "mnist") == [1]


def test_a_serving_version_that_does_not_load_blocks_publication(
    published: dict[str, Any], work: Path
) -> None:
    models = work / "broken"
    shutil.copytree(published["path"], models / "digits" / "1")
    (models / "digits" / "1" / "saved_model.pb").write_bytes(b"broken")
    arguments = ["--epochs", "12", "--models-dir", str(models)]
    code, _, err = training("train", *QUICK, *arguments, "--run-dir", str(work / "broken-run"))
    assert code == 3
    assert "nothing could be compared with the serving version 1" in err


def test_evaluate_measures_a_published_version_again(published: dict[str, Any]) -> None:
    code, out, err = training("evaluate", "--saved-model", published["path"])
    assert code == 0, err
    assert last_line(out)["accuracy"] == published["test_accuracy"]
    assert last_line(out)["dataset"] == "digits"


def test_sigterm_saves_the_state_and_the_same_command_continues(work: Path) -> None:
    models, run = work / "preempted", work / "preempted-run"
    command = ["train", *QUICK, "--epochs", "400", "--target-accuracy", "0"]
    command += ["--models-dir", str(models), "--run-dir", str(run)]
    process = start(*command)
    eventually(lambda: (run / "checkpoint.npz").exists(), "a checkpoint is written", seconds=120)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert "the state is saved" in err
    assert "Traceback" not in err
    assert versions(models / "digits") == []
    process = start(*command)
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    assert any("continuing after" in line for line in lines)
    process.kill()
    process.communicate()


def test_a_job_killed_at_any_moment_and_restarted_leaves_one_version_and_no_debris(work: Path) -> None:
    models, run = work / "killed", work / "killed-run"
    command = ["train", *QUICK, "--epochs", "12", "--models-dir", str(models), "--run-dir", str(run)]
    random = np.random.default_rng(int(os.environ.get("KILL_SEED", "1")))
    for _ in range(3):
        process = start(*command)
        try:
            process.communicate(timeout=float(random.uniform(3, 15)))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
    code, out, err = training(*command)
    assert code == 0, err
    assert last_line(out)["version"] == 1
    assert {entry.name for entry in (models / "digits").iterdir()} == {"1", "versions.jsonl"}
