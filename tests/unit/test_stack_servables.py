"""What a one-machine server finds in the folder of models when it starts, and while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.gateway.names import NAME, ModelNames
from serving.stack import servables
from serving.stack.processes import StackError
from serving.store import configuration, ledger
from serving.store.configuration import CONFIG_FILE, names
from serving.store.ledger import LedgerEntry


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for version in ("mnist/1", "mnist/2", "digits/1"):
        (tmp_path / "models" / version).mkdir(parents=True)
    return tmp_path / "models"


def test_the_configuration_is_there_from_the_first_start(models: Path, tmp_path: Path) -> None:
    assert servables.models_config(tmp_path, models) == models / CONFIG_FILE
    assert names(configuration.parse(models / CONFIG_FILE)) == ["digits", "mnist"]


def test_what_was_published_under_a_new_name_is_configured_at_the_next_start(
    models: Path, tmp_path: Path
) -> None:
    servables.models_config(tmp_path, models)
    (models / "new" / "1").mkdir(parents=True)
    servables.models_config(tmp_path, models)
    assert "new" in names(configuration.parse(models / CONFIG_FILE))


def test_what_is_published_under_a_new_name_meanwhile_is_added_once(models: Path, tmp_path: Path) -> None:
    file = servables.models_config(tmp_path, models)
    assert servables.add_new_models(models, file) == []
    (models / "new" / "1").mkdir(parents=True)
    assert servables.add_new_models(models, file) == ["new"]
    assert servables.add_new_models(models, file) == []


def test_the_names_are_written_for_the_gateway_to_read(tmp_path: Path) -> None:
    file = servables.write_names(tmp_path / "models.txt", ["mnist"])
    assert ModelNames((), str(file)).listed() == ("mnist",)
    servables.write_names(file, ["mnist", "new"])
    assert ModelNames((), str(file)).listed() == ("mnist", "new")


def test_while_a_command_changes_the_file_nothing_is_added(models: Path, tmp_path: Path) -> None:
    file = servables.models_config(tmp_path, models)
    (models / "new" / "1").mkdir(parents=True)
    with configuration.locked(models.resolve()):
        assert servables.add_new_models(models, file) == []
    assert servables.add_new_models(models, file) == ["new"]


def test_a_version_that_is_not_what_was_published_is_set_aside_loudly(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ledger.held(models / "mnist") as book:
        book.append(LedgerEntry(2, "a-run", "another digest", "2026-01-01T00:00:00Z"))
    servables.models_config(tmp_path, models)
    assert "WARNING: version 2 of mnist is not what was published" in capsys.readouterr().err
    assert not (models / "mnist" / "2").exists()
    assert (models / "mnist" / ".changed-2").is_dir()


def test_a_version_that_changes_again_is_set_aside_again(models: Path, tmp_path: Path) -> None:
    with ledger.held(models / "mnist") as book:
        book.append(LedgerEntry(2, "a-run", "another digest", "2026-01-01T00:00:00Z"))
    for _ in range(3):
        (models / "mnist" / "2").mkdir(exist_ok=True)
        (models / "mnist" / "2" / "saved_model.pb").write_text("restored, and damaged again")
        servables.models_config(tmp_path, models)
    assert len(list((models / "mnist").glob(".changed-2*"))) == 3


@pytest.mark.parametrize("name", ["with space", "ünï", "a,b", "_x"])
def test_a_folder_that_no_model_can_be_named_after_does_not_serve_and_is_named(
    name: str, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (name, ".trash", "lost+found"):
        (models / folder / "1").mkdir(parents=True)
    assert servables.model_names(models) == ["mnist", "digits"]
    said = capsys.readouterr().err
    assert f"{models / name} does not serve: a model's name has only" in said
    assert said.count("\n") == 1
    servables.models_config(tmp_path, models)
    assert names(configuration.parse(models / CONFIG_FILE)) == ["digits", "mnist"]
    assert not NAME.fullmatch(name)


def test_a_pinned_version_that_is_gone_is_said_at_once(models: Path, tmp_path: Path) -> None:
    file = servables.models_config(tmp_path, models)
    config = configuration.parse(file)
    configuration.entry_of(config, "mnist").model_version_policy.specific.versions.append(7)
    configuration.write(config, file)
    with pytest.raises(StackError, match="mnist: the configuration names no published version"):
        servables.models_config(tmp_path, models)


def test_the_usual_default_comes_first(models: Path) -> None:
    assert servables.model_names(models) == ["mnist", "digits"]


def test_a_folder_without_models_says_how_to_train_one(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StackError, match="python -m training train"):
            servables.model_names(folder)
