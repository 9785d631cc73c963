"""Versions through an object store: known by their run, the newest first, no number given twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from serving.contract import Card, Thresholds
from serving.store import ledger
from serving.store.layout import card_of, card_path, versions
from serving.store.ledger import LedgerEntry

SCRIPTS = Path(__file__).resolve().parents[3] / "k8s" / "components" / "object-store"
CARD = Card("digits", ("a", "b"), "ink@2", Thresholds(0.5))


@dataclass(frozen=True)
class Volume:
    """A volume of models, and the store it is carried to and from."""

    models: Path
    store: Path
    work: Path

    def publish(self, name: str, run_id: str) -> int:
        """Publish a version as the training job does."""
        model = self.models / name
        model.mkdir(parents=True, exist_ok=True)
        with ledger.held(model) as book:
            number = book.next_number()
            folder = model / str(number)
            card_path(folder).parent.mkdir(parents=True)
            card_path(folder).write_text(replace(CARD, run_id=run_id).to_json())
            (folder / "saved_model.pb").write_text(run_id)
            book.append(LedgerEntry(number, run_id, ledger.digest(folder), "2026-01-01T00:00:00Z"))
        return number

    def run(self, script: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a script once."""
        self.work.mkdir(exist_ok=True)
        return subprocess.run(
            ["/bin/sh", str(SCRIPTS / script)],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.work),
                "MODELS": str(self.models),
                "MODELS_REMOTE": str(self.store),
                "WORK": str(self.work),
                "ONCE": "1",
                **environ,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def run_of(self, name: str, number: int) -> str:
        """The run that a version here is of."""
        card = card_of(self.models / name / str(number))
        assert card is not None
        return card.run_id


@pytest.fixture
def volumes(tmp_path: Path) -> tuple[Volume, Volume]:
    """Two volumes before one store, which is a folder."""
    (tmp_path / "store").mkdir()
    first, second = (
        Volume(tmp_path / name / "models", tmp_path / "store", tmp_path / f"work-{name}") for name in "ab"
    )
    for volume in (first, second):
        volume.models.mkdir(parents=True)
    return first, second


def test_what_is_published_arrives_and_is_copied_once(volumes: tuple[Volume, Volume]) -> None:
    trainer, server = volumes
    trainer.publish("digits", "run-1")
    assert trainer.run("push.sh").stdout == "published digits/1\n"
    assert trainer.run("push.sh").stdout == ""
    assert server.run("pull.sh").stdout == "fetched digits/1\n"
    assert server.run_of("digits", 1) == "run-1"


def test_a_new_replica_fetches_the_newest_version_of_every_model_first(
    volumes: tuple[Volume, Volume],
) -> None:
    trainer, server = volumes
    for number in range(1, 12):
        trainer.publish("digits", f"run-{number}")
    for number in range(1, 3):
        trainer.publish("shirts", f"shirt-{number}")
    assert trainer.run("push.sh").returncode == 0
    fetched = server.run("pull.sh").stdout.split("\n")[:5]
    assert fetched == [
        "fetched digits/11",
        "fetched shirts/2",
        "fetched digits/10",
        "fetched shirts/1",
        "fetched digits/9",
    ]


def test_a_number_that_the_store_has_for_another_run_is_refused(volumes: tuple[Volume, Volume]) -> None:
    one, other = volumes
    one.publish("digits", "run-1")
    other.publish("digits", "run-2")
    assert one.run("push.sh").returncode == 0
    refused = other.run("push.sh")
    assert refused.returncode == 1
    assert "digits/1 is of run run-2 here and of run run-1 in the store" in refused.stderr
    assert (one.store / "digits" / "1" / "saved_model.pb").read_text() == "run-1"


def test_of_two_that_publish_one_number_at_once_at_most_one_arrives(volumes: tuple[Volume, Volume]) -> None:
    one, other = volumes
    one.publish("digits", "run-1")
    other.publish("digits", "run-2")
    (one.store / "digits" / ".claims" / "1").mkdir(parents=True)
    (one.store / "digits" / ".claims" / "1" / "run-2").write_text("")  # the other has claimed it a moment ago
    refused = one.run("push.sh")
    assert refused.returncode == 1
    assert "of run run-2 in the store" in refused.stderr
    assert not (one.store / "digits" / "1").exists()


def test_a_new_volume_goes_on_with_the_numbers_of_the_store(volumes: tuple[Volume, Volume]) -> None:
    one, other = volumes
    for number in range(1, 4):
        one.publish("digits", f"run-{number}")
    assert one.run("push.sh").returncode == 0
    shutil.rmtree(one.store / "digits" / "3")
    assert other.run("ledger.sh").returncode == 0
    assert other.run("ledger.sh").returncode == 0
    assert len((other.models / "digits" / "versions.jsonl").read_text().splitlines()) == 3
    assert other.publish("digits", "run-4") == 4


def test_the_ledgers_of_two_publishers_become_one(volumes: tuple[Volume, Volume]) -> None:
    one, other = volumes
    one.publish("digits", "run-1")
    one.run("push.sh")
    other.run("ledger.sh")
    other.publish("digits", "run-2")
    assert other.run("push.sh").returncode == 0
    assert {n: e.run_id for n, e in ledger.entries(one.store / "digits").items()} == {1: "run-1", 2: "run-2"}


def test_a_version_that_stands_for_another_run_than_in_the_store_is_told_and_left(
    volumes: tuple[Volume, Volume],
) -> None:
    trainer, server = volumes
    trainer.publish("digits", "run-1")
    trainer.run("push.sh")
    server.publish("digits", "run-9")
    said = server.run("pull.sh")
    assert "WARNING: digits/1 is of run run-9 here and of run run-1 in the store" in said.stderr
    assert server.run_of("digits", 1) == "run-9"


def test_what_is_gone_from_the_store_goes_here_too(volumes: tuple[Volume, Volume]) -> None:
    trainer, server = volumes
    for number in (1, 2):
        trainer.publish("digits", f"run-{number}")
    trainer.run("push.sh")
    server.run("pull.sh")
    shutil.rmtree(trainer.store / "digits" / "1")
    assert server.run("pull.sh").stdout == "removed digits/1\n"
    assert versions(server.models / "digits") == [2]


@pytest.mark.parametrize("script", ["pull.sh", "push.sh", "ledger.sh"])
def test_a_store_that_is_away_changes_nothing_here(volumes: tuple[Volume, Volume], script: str) -> None:
    trainer, _ = volumes
    trainer.publish("digits", "run-1")
    done = trainer.run(script, MODELS_REMOTE="/dev/null/store")
    assert (done.returncode != 0) == (script != "pull.sh")
    assert versions(trainer.models / "digits") == [1]
    assert len(ledger.entries(trainer.models / "digits")) == 1


def test_a_ledger_that_cannot_be_read_is_not_replaced(volumes: tuple[Volume, Volume], tmp_path: Path) -> None:
    one, other = volumes
    one.publish("digits", "run-1")
    one.run("push.sh")
    there = (one.store / "digits" / "versions.jsonl").read_text()
    other.models.joinpath("digits").mkdir()
    (other.models / "digits" / "versions.jsonl").write_text('{"run_id": "run-8", "version": 8}\n')
    other.publish("digits", "run-9")
    failing = tmp_path / "bin" / "rclone"
    failing.parent.mkdir()
    failing.write_text(f'#!/bin/sh\n[ "$1" != cat ] || exit 5\nexec {shutil.which("rclone")} "$@"\n')
    failing.chmod(0o755)
    done = other.run("push.sh", PATH=f"{failing.parent}:{os.environ['PATH']}")
    assert done.returncode != 0
    assert (one.store / "digits" / "versions.jsonl").read_text() == there
    assert not (one.store / "digits" / "9").exists()
