"""The folder of a run: one job at a time, and a damaged file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.store.configuration import CONFIG_FILE
from training.config import TrainConfig
from training.errors import BadArgument, PublicationError, RunFolderError
from training.fitting import checkpoint
from training.jobs import open_job
from training.runs import RunFolder, open_run


def opened(folder: Path) -> RunFolder:
    return open_run(TrainConfig(dataset="digits", run_dir=folder))


def test_a_second_job_in_the_same_run_folder_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "run"), opened(tmp_path / "run")
    with first.held(), pytest.raises(RunFolderError, match="another job is at work in the run folder"):
        second.held().__enter__()
    with second.held():
        pass


def test_a_run_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(BadArgument, match="is not a folder"):
        opened(tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("name", ["arguments.json", "outcome.json"])
@pytest.mark.parametrize("content", [b"", b'{"name": "mn', b"\xff\x00"])
def test_a_damaged_file_of_a_run_is_named(name: str, content: bytes, tmp_path: Path) -> None:
    config = TrainConfig(dataset="digits", models_dir=tmp_path / "models", run_dir=tmp_path / "run")
    open_job(config)
    (tmp_path / "run" / name).write_bytes(content)
    with pytest.raises(RunFolderError, match=rf"{name} is damaged: .*--run-dir"):
        open_job(config)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, checkpoint.Progress(), {})
    content = path.read_bytes()
    flipped = content.replace("epoch".encode("utf-32-le"), "epoxy".encode("utf-32-le"))
    for damaged in (b"", content[: len(content) // 2], flipped, b"x" * 100):
        path.write_bytes(damaged)
        with pytest.raises(RunFolderError, match=r"checkpoint\.npz is damaged: .*delete it"):
            checkpoint.load(path)


def test_a_name_that_is_not_utf8_is_written_with_escapes(tmp_path: Path) -> None:
    run = opened(tmp_path / "run")
    run.write_text("report.md", "left out: train/\udcff.png")
    assert (run.path / "report.md").read_text() == "left out: train/\\udcff.png"


@pytest.mark.parametrize("name", [CONFIG_FILE, "x" * 201])
def test_a_model_cannot_take_the_place_of_the_configuration_or_have_an_endless_name(name: str) -> None:
    with pytest.raises(BadArgument, match="--name"):
        TrainConfig(name=name)


@pytest.mark.parametrize("content", [None, "model_config_list {"])
def test_a_configuration_that_cannot_be_read_is_found_before_the_training(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "models.config"
    if content is not None:
        file.write_text(content)
    with pytest.raises(PublicationError, match=r"there is no such file|the serving version is unknown"):
        open_job(
            TrainConfig(dataset="digits", models_dir=tmp_path, run_dir=tmp_path / "run", models_config=file)
        )
    assert not (tmp_path / "run").exists()
