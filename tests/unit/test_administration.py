"""``python -m serving models``: the configuration file is read, changed and written."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.administration import main


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for version in ("mnist/1", "mnist/2", "mnist/3", "digits/1", "mnist/.publishing"):
        (tmp_path / version).mkdir(parents=True)
    return tmp_path


def run(models: Path, *arguments: str) -> int:
    return main([*arguments, "--models-dir", str(models)])


def listed(models: Path, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    capsys.readouterr()
    assert run(models, "list") == 0
    return [line.split() for line in capsys.readouterr().out.splitlines()[1:]]


def test_without_a_configuration_the_newest_version_of_every_folder_serves(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listed(models, capsys) == [
        ["digits", "1", "yes"],
        ["mnist", "3", "yes"],
        ["mnist", "2", "no"],
        ["mnist", "1", "no"],
    ]
    assert not (models / "models.config").exists()


def test_a_promoted_version_serves_alone_under_the_stable_label(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(models, "promote", "mnist", "2") == 0
    assert ["mnist", "2", "yes", "stable"] in listed(models, capsys)
    assert ["mnist", "3", "no"] in listed(models, capsys)


def test_a_canary_serves_beside_the_stable_version_until_it_is_promoted(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(models, "promote", "mnist", "2")
    run(models, "promote", "mnist", "3", "--canary")
    rows = listed(models, capsys)
    assert ["mnist", "3", "yes", "canary"] in rows
    assert ["mnist", "2", "yes", "stable"] in rows
    run(models, "promote", "mnist", "3")
    rows = listed(models, capsys)
    assert ["mnist", "3", "yes", "stable"] in rows
    assert ["mnist", "2", "no"] in rows


def test_rolling_back_goes_one_version_back_and_stops_at_the_first(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(models, "rollback", "mnist") == 0
    assert ["mnist", "2", "yes", "stable"] in listed(models, capsys)
    assert run(models, "rollback", "mnist") == 0
    assert run(models, "rollback", "mnist") == 1
    assert "has no version before 1" in capsys.readouterr().err


def test_a_version_that_serves_is_not_removed(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(models, "remove", "mnist", "3") == 1
    assert "is serving" in capsys.readouterr().err
    assert (models / "mnist" / "3").is_dir()
    assert run(models, "remove", "mnist", "1") == 0
    assert not (models / "mnist" / "1").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["promote", "nope", "1"], "no model nope in the configuration; there are: digits, mnist"),
        (["promote", "mnist", "9"], "mnist has no version 9; there are: 1, 2, 3"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    models: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(models, *arguments) == 1
    assert told in capsys.readouterr().err


def test_a_server_that_cannot_be_reached_changes_nothing(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(models, "promote", "mnist", "2", "--server", "127.0.0.1:1") == 1
    assert "nothing is changed" in capsys.readouterr().err
    assert not (models / "models.config").exists()
