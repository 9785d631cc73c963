"""Publication: numbers, collisions, debris, and folders that cannot be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from serving.store import configuration, ledger
from serving.store.layout import versions
from training.errors import PublicationError
from training.export import publication
from training.export.staging import staging

ROOT = Path(__file__).resolve().parents[3]
PUBLISH_MANY = """
import sys
from pathlib import Path
from training.export.staging import staging
model = Path(sys.argv[1])
for n in range(10):
    with staging(model) as staged:
        (staged.path / "saved_model.pb").write_text(f"{sys.argv[2]}-{n}")
        staged.publish()
"""
DIE_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from training.export.staging import staging
with staging(Path(sys.argv[1])) as staged:
    (staged.path / "saved_model.pb").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
DIE_BEFORE_THE_RENAME = """
import os, signal, sys
from pathlib import Path
from training.export.staging import staging
os.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with staging(Path(sys.argv[1])) as staged:
    (staged.path / "saved_model.pb").write_text("whole")
    staged.publish()
"""


def publish(model: Path, content: str = "x") -> int:
    with staging(model) as staged:
        (staged.path / "saved_model.pb").write_text(content)
        return staged.publish()


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def python(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment)


def test_the_next_version_is_one_above_the_highest(tmp_path: Path) -> None:
    assert publish(tmp_path) == 1
    (tmp_path / "7").mkdir()
    assert publish(tmp_path) == 8
    assert versions(tmp_path) == [1, 7, 8]


def test_a_version_number_is_never_reused(tmp_path: Path) -> None:
    assert [publish(tmp_path) for _ in range(4)] == [1, 2, 3, 4]
    shutil.rmtree(tmp_path / "4")
    assert publish(tmp_path, "another") == 5


def test_a_job_that_dies_between_ledger_and_rename_uses_up_its_number(tmp_path: Path) -> None:
    assert python(DIE_BEFORE_THE_RENAME, str(tmp_path)).wait(60) == -9
    assert versions(tmp_path) == []
    assert publish(tmp_path) == 2


def test_the_ledger_has_the_run_and_the_accuracy_of_a_version(tmp_path: Path) -> None:
    with staging(tmp_path) as staged:
        (staged.path / "saved_model.pb").write_text("x")
        number = staged.publish("a-run", 0.99, "sum")
    entry = ledger.entries(tmp_path)[number]
    assert (entry.run_id, entry.accuracy, entry.test_sha256) == ("a-run", 0.99, "sum")
    assert not ledger.changed(tmp_path, number)


def test_pruning_keeps_the_newest_and_the_serving_versions(tmp_path: Path) -> None:
    model = tmp_path / "m"
    model.mkdir()
    for _ in range(6):
        publish(model)
    config = configuration.read(tmp_path / "models.config", tmp_path)
    entry = configuration.entry_of(config, "m")
    entry.model_version_policy.specific.versions.append(2)
    configuration.write(config, tmp_path / "models.config")
    assert publication.prune(model, 2, None) == [1, 3, 4]
    assert versions(model) == [2, 5, 6]
    assert publish(model) == 7


def test_pruning_reads_the_given_configuration(tmp_path: Path) -> None:
    model, elsewhere = tmp_path / "m", tmp_path / "elsewhere.config"
    model.mkdir()
    for _ in range(4):
        publish(model)
    elsewhere.write_text(
        'model_config_list { config { name: "m" base_path: "/models/m" model_platform: "tensorflow" '
        "model_version_policy { specific { versions: 1 } } } }"
    )
    assert publication.prune(model, 1, elsewhere) == [2, 3]


def test_folders_without_a_numeric_name_are_not_versions(tmp_path: Path) -> None:
    (tmp_path / "9-backup").mkdir()
    (tmp_path / "12").write_text("a file")
    assert versions(tmp_path) == []


def test_an_unpublished_staging_folder_is_removed(tmp_path: Path) -> None:
    with staging(tmp_path) as staged:
        (staged.path / "saved_model.pb").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_nothing_but_the_version_is_left_after_publishing(tmp_path: Path) -> None:
    publish(tmp_path)
    assert names(tmp_path) == {"1", "versions.jsonl"}


def test_four_jobs_at_once_never_take_the_same_version(tmp_path: Path) -> None:
    jobs = [python(PUBLISH_MANY, str(tmp_path), f"job{n}") for n in range(4)]
    assert [job.wait(60) for job in jobs] == [0, 0, 0, 0]
    assert versions(tmp_path) == list(range(1, 41))
    contents = {(tmp_path / str(n) / "saved_model.pb").read_text() for n in versions(tmp_path)}
    assert contents == {f"job{job}-{n}" for job in range(4) for n in range(10)}
    assert len(list(tmp_path.iterdir())) == 41
    assert sorted(ledger.entries(tmp_path)) == list(range(1, 41))


def test_a_killed_job_leaves_no_version_and_the_next_job_removes_its_debris(tmp_path: Path) -> None:
    assert python(DIE_WHILE_WRITING, str(tmp_path)).wait(60) == -9
    assert versions(tmp_path) == []
    assert list(tmp_path.iterdir()) != []
    publish(tmp_path)
    assert names(tmp_path) == {"1", "versions.jsonl"}


def test_the_staging_folder_of_a_living_job_is_kept(tmp_path: Path) -> None:
    with staging(tmp_path) as staged:
        (staged.path / "saved_model.pb").write_text("mine")
        assert publish(tmp_path, "the other's") == 1
        assert staged.publish() == 2
    assert (tmp_path / "2" / "saved_model.pb").read_text() == "mine"


def test_a_models_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(PublicationError, match="models/mnist cannot be written: Not a directory"):
        publication.check_writable(tmp_path / "models", "mnist")


def test_a_read_only_file_system_is_named() -> None:
    with pytest.raises(PublicationError, match="cannot be written"):
        publication.check_writable(Path("/proc/models"), "mnist")
