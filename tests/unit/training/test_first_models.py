"""The first models: nothing is done twice, and unavailable data is reported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from serving.store.layout import versions
from training import first_models
from training.errors import DatasetUnavailable

ROOT = Path(__file__).resolve().parents[3]


def publish(models: Path, name: str) -> None:
    """Create the files of a published version."""
    (models / name / "1").mkdir(parents=True)


def test_if_all_models_are_published_it_returns_without_loading_tensorflow(tmp_path: Path) -> None:
    for name in first_models.REQUIRED:
        publish(tmp_path, name)
    code = (
        "import sys; from training.first_models import main; status = main(sys.argv[1:]);"
        "print(status, 'tensorflow' in sys.modules, 'sklearn' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--models-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["0", "False", "False"]


def test_first_models_must_reach_the_required_accuracy(tmp_path: Path) -> None:
    configs = {name: first_models.config(name, tmp_path, None, seed=0) for name in first_models.REQUIRED}
    assert configs["mnist"].required_accuracy == 0.99
    assert configs["fashion_mnist"].required_accuracy == 0.90
    assert all(config.profile == "fast" for config in configs.values())


def test_without_mnist_the_bundled_digits_are_trained_on_and_the_page_gets_a_notice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str, data_dir: Path | None) -> None:  # noqa: ARG001 - as datasets.load is called
        raise DatasetUnavailable(f"{name} is in none of these places")

    plan = first_models.plan(tmp_path, None, load=missing)
    assert plan.wanted == ["digits"]
    assert "MNIST was not available" in plan.notice
    assert "mnist is in none of these places" in capsys.readouterr().err


def test_digits_are_not_trained_twice(tmp_path: Path) -> None:
    def missing(name: str, data_dir: Path | None) -> None:  # noqa: ARG001 - as datasets.load is called
        raise DatasetUnavailable(f"{name} is away")

    publish(tmp_path, "digits")
    assert first_models.plan(tmp_path, None, load=missing).wanted == []


def test_the_notice_is_removed_once_mnist_is_available(tmp_path: Path) -> None:
    first_models.write_notice(tmp_path, "a sentence")
    assert (tmp_path / "NOTICE.txt").read_text() == "a sentence\n"
    first_models.write_notice(tmp_path, "")
    assert not (tmp_path / "NOTICE.txt").exists()
    assert versions(tmp_path) == []
