"""``python -m serving models``: what it changes, what it refuses, and what it says of the running server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from serving.administration import main
from serving.store import ledger
from serving.store.ledger import LedgerEntry


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for version in ("mnist/1", "mnist/2", "mnist/3", "digits/1", "mnist/.publishing"):
        (tmp_path / version).mkdir(parents=True)
    return tmp_path


def run(models: Path, *arguments: str) -> int:
    return main([*arguments, "--models-dir", str(models)])


def listed(models: Path, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """The rows of the table, each without the run."""
    capsys.readouterr()
    assert run(models, "list") == 0
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("no server runs on this folder")
    return [row.split()[:4] for row in rows]


def test_without_a_configuration_the_newest_version_of_every_folder_serves(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listed(models, capsys) == [
        ["digits", "1", "yes", "-"],
        ["mnist", "3", "yes", "-"],
        ["mnist", "2", "loaded", "-"],
        ["mnist", "1", "no", "-"],
    ]
    assert not (models / "models.config").exists()


def test_a_promoted_version_serves_alone_under_the_stable_label(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(models, "promote", "mnist", "2") == 0
    said = capsys.readouterr().out
    assert said == f"mnist: version 2 is stable from the next start: no server runs on {models}\n"
    assert ["mnist", "2", "yes", "stable"] in listed(models, capsys)
    assert ["mnist", "3", "no", "-"] in listed(models, capsys)


def test_a_canary_serves_beside_the_stable_version_until_it_is_promoted(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(models, "promote", "mnist", "2")
    run(models, "promote", "mnist", "3", "--canary")
    rows = listed(models, capsys)
    assert ["mnist", "3", "yes", "canary"] in rows
    assert ["mnist", "2", "loaded", "stable"] in rows
    run(models, "promote", "mnist", "3")
    rows = listed(models, capsys)
    assert ["mnist", "3", "yes", "stable"] in rows
    assert ["mnist", "2", "no", "-"] in rows


def test_a_canary_of_a_model_without_labels_leaves_what_serves_in_place(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(models, "promote", "mnist", "1", "--canary") == 0
    rows = listed(models, capsys)
    assert ["mnist", "3", "yes", "stable"] in rows
    assert ["mnist", "1", "loaded", "canary"] in rows


def test_rolling_back_ends_the_canary_first_and_then_goes_one_version_back(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(models, "promote", "mnist", "2")
    run(models, "promote", "mnist", "3", "--canary")
    assert run(models, "rollback", "mnist") == 0
    assert ["mnist", "2", "yes", "stable"] in listed(models, capsys)
    assert ["mnist", "3", "no", "-"] in listed(models, capsys)
    assert run(models, "rollback", "mnist") == 0
    assert ["mnist", "1", "yes", "stable"] in listed(models, capsys)


def test_rolling_back_stops_at_the_first_version(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(models, "rollback", "mnist") == 0
    assert ["mnist", "2", "yes", "stable"] in listed(models, capsys)
    assert run(models, "rollback", "mnist") == 0
    assert run(models, "rollback", "mnist") == 1
    assert "has no version before 1" in capsys.readouterr().err


def test_a_version_that_serves_is_not_removed(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for version in ("3", "2"):
        assert run(models, "remove", "mnist", version) == 1
        assert "is loaded; promote another" in capsys.readouterr().err
    assert (models / "mnist" / "3").is_dir()
    assert run(models, "remove", "mnist", "1") == 0
    assert not (models / "mnist" / "1").exists()


def test_a_version_of_a_copied_folder_is_removed_there_and_not_in_the_original(
    models: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run(models, "promote", "mnist", "3")
    copied = tmp_path_factory.mktemp("copies") / "models"
    shutil.copytree(models, copied)
    assert run(copied, "remove", "mnist", "1") == 0
    assert run(copied, "prune", "mnist", "--keep", "1") == 0
    assert sorted(path.name for path in (copied / "mnist").glob("[0-9]")) == ["3"]
    assert sorted(path.name for path in (models / "mnist").glob("[0-9]")) == ["1", "2", "3"]


def test_pruning_keeps_the_newest_and_whatever_serves(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for version in ("4", "5", "6"):
        (models / "mnist" / version).mkdir()
    run(models, "promote", "mnist", "1")
    run(models, "promote", "mnist", "3", "--canary")
    capsys.readouterr()
    assert run(models, "prune", "--keep", "2") == 0
    assert capsys.readouterr().out == "digits: removed nothing\nmnist: removed versions 2, 4\n"
    assert [row[1] for row in listed(models, capsys)] == ["1", "6", "5", "3", "1"]


@pytest.mark.parametrize("name", ["007", "٣", "9" * 20, "1e3"])
def test_a_folder_whose_name_is_not_the_number_itself_is_no_version(
    name: str, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (models / "mnist" / name).mkdir()
    assert ["mnist", "3", "yes", "-"] in listed(models, capsys)
    for number in ("7", "9" * 20):
        assert run(models, "promote", "mnist", number) == 1
        assert "there are: 1, 2, 3" in capsys.readouterr().err
    assert run(models, "prune", "mnist", "--keep", "2") == 0
    assert capsys.readouterr().out == "mnist: removed version 1\n"
    assert (models / "mnist" / name).is_dir()


def test_what_a_killed_removal_left_does_not_stop_the_next(models: Path) -> None:
    for version in (1, 7):
        (models / "mnist" / f".removed-{version}" / "variables").mkdir(parents=True)
    assert run(models, "remove", "mnist", "1") == 0
    assert not list((models / "mnist").glob(".removed-*"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["promote", "nope", "1"], "no model nope in the configuration; there are: digits, mnist"),
        (["promote", "mnist", "9"], "mnist has no version 9; there are: 1, 2, 3"),
        (["prune", "nope", "--keep", "1"], "no model nope in the configuration"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    models: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(models, *arguments) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--keep", "0"], ["--keep", "many"], []])
def test_retention_without_a_number_is_wrong_use(models: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(models, "prune", *arguments)
    assert ended.value.code == 2


def test_a_server_that_cannot_be_reached_changes_nothing(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(models, "promote", "mnist", "2", "--server", "127.0.0.1:1") == 1
    assert "nothing is changed" in capsys.readouterr().err
    assert not (models / "models.config").exists()


def test_a_version_that_is_not_what_was_published_is_listed_as_such_and_not_promoted(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = models / "mnist"
    with ledger.held(model) as book:
        book.append(LedgerEntry(2, "a-run", ledger.digest(model / "2"), "2026-01-01T00:00:00Z"))
    assert run(models, "promote", "mnist", "2") == 0
    (model / "2" / "saved_model.pb").write_text("another")
    assert run(models, "promote", "mnist", "2") == 1
    assert "differs from what was published under this number" in capsys.readouterr().err
    assert run(models, "list") == 0
    assert "not what was published under this number" in capsys.readouterr().out


def test_rolling_back_passes_over_a_version_that_is_not_what_was_published(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = models / "mnist"
    with ledger.held(model) as book:
        book.append(LedgerEntry(2, "a-run", "another digest", "2026-01-01T00:00:00Z"))
    assert run(models, "rollback", "mnist") == 0
    assert "back from version 3 to 1" in capsys.readouterr().out
