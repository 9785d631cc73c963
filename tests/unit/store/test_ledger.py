"""The ledger: numbers that are never given twice, and versions that are no longer what was published."""

from __future__ import annotations

import shutil
from pathlib import Path

from serving.store import ledger
from serving.store.ledger import LedgerEntry


def publish(model: Path, run_id: str, content: str = "x") -> int:
    model.mkdir(exist_ok=True)
    with ledger.held(model) as book:
        number = book.next_number()
        folder = model / str(number)
        folder.mkdir()
        (folder / "saved_model.pb").write_text(content)
        book.append(LedgerEntry(number, run_id, ledger.digest(folder), "2026-01-01T00:00:00Z"))
    return number


def test_a_number_is_not_given_again_after_its_version_was_removed(tmp_path: Path) -> None:
    assert [publish(tmp_path, run) for run in "abc"] == [1, 2, 3]
    shutil.rmtree(tmp_path / "3")
    assert publish(tmp_path, "d") == 4
    shutil.rmtree(tmp_path / "3", ignore_errors=True)
    for number in (1, 2, 4):
        shutil.rmtree(tmp_path / str(number))
    assert publish(tmp_path, "e") == 5


def test_versions_from_before_the_ledger_are_counted(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    assert publish(tmp_path, "a") == 8


def test_a_line_that_a_crash_cut_short_hides_no_other(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    with (tmp_path / ledger.LEDGER_FILE).open("a") as file:
        file.write('{"version": 2, "run')
    assert publish(tmp_path, "b") == 2
    assert {number: entry.run_id for number, entry in ledger.entries(tmp_path).items()} == {1: "a", 2: "b"}


def test_a_version_whose_content_changed_is_noticed(tmp_path: Path) -> None:
    number = publish(tmp_path, "a")
    assert not ledger.changed(tmp_path, number)
    (tmp_path / "1" / "saved_model.pb").write_text("y")
    assert ledger.changed(tmp_path, number)


def test_another_version_put_under_a_number_that_was_given_is_noticed(tmp_path: Path) -> None:
    for content in ("one", "two"):
        publish(tmp_path, content, content)
    shutil.rmtree(tmp_path / "2")
    shutil.copytree(tmp_path / "1", tmp_path / "2")
    assert ledger.changed(tmp_path, 2)
    assert not ledger.changed(tmp_path, 1)


def test_of_two_entries_with_one_number_the_first_counts(tmp_path: Path) -> None:
    publish(tmp_path, "first")
    with ledger.held(tmp_path) as book:
        book.append(LedgerEntry(1, "second", "0", "2026-01-02T00:00:00Z"))
    assert ledger.entries(tmp_path)[1].run_id == "first"
