"""Eight jobs publish one model at once and some are killed, while it is served."""

from __future__ import annotations

import filecmp
import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from serving.store import ledger
from tests.faults import known_model
from tests.faults.calls import Answer, Load, load
from tests.faults.publishing_job import RECORD
from tests.stack import Stack

JOBS = 8


@dataclass(frozen=True)
class Published:
    """What came of it.

    Attributes:
        told: the versions that jobs said they had published.
        kinds: the kind of every version that is there now, by its number.
        given: the numbers that the ledger has given.
        killed: how many jobs were killed.
        debris: what else is in the model's folder.
        answers: what callers got meanwhile, with the number of the picture.
    """

    told: list[int]
    kinds: dict[int, int]
    given: list[int]
    killed: int
    debris: list[str]
    answers: list[tuple[int, Answer]]


def publish_at_once(stack: Stack, templates: Path, *, seed: int, each: int, kills: int) -> Published:
    """Have eight jobs publish ``each`` versions, kill so many at random instants, let one more clear up.

    The model must have one version, 1, which is of kind 1.
    """
    chance = random.Random(seed)
    model = stack.models_dir / known_model.NAME
    with load(stack.gateway_port, callers=2, pause=0.01) as running:
        jobs = [_start(model, templates, seed * 100 + number, each) for number in range(JOBS)]
        _wait_for_first(model, jobs)
        killed = 0
        for victim in chance.sample(jobs, kills):
            time.sleep(chance.uniform(0.0, 0.15))
            killed += victim.poll() is None
            victim.kill()
        told = [int(line) for job in jobs for line in job.communicate(timeout=120)[0].split()]
        calm = _start(model, templates, seed * 100 + JOBS, 1)
        told += map(int, calm.communicate(timeout=60)[0].split())
        _wait_until_served(running, max(told))
    numbers = [int(entry.name) for entry in model.iterdir() if entry.name.isdecimal()]
    others = {entry.name for entry in model.iterdir() if not entry.name.isdecimal()}
    debris = sorted(others - {ledger.LEDGER_FILE})
    kinds = {number: _kind(model / str(number)) for number in sorted(numbers)}
    given = sorted(ledger.entries(model))
    return Published(told, kinds, given, killed, debris, running.answers)


def incomplete(stack: Stack, templates: Path, kinds: dict[int, int]) -> list[int]:
    """The versions that are not, file by file, what their job began with."""
    model = stack.models_dir / known_model.NAME
    return [n for n, kind in kinds.items() if not _same(templates / str(kind), model / str(n))]


def wrong_answers(published: Published) -> list[str]:
    """What was wrong with answers: no 200, or not what the version in it answers."""
    return [text for number, answer in published.answers if (text := _wrong(published, number, answer))]


def _wrong(published: Published, number: int, answer: Answer) -> str:
    if answer.status != 200:
        return f"{answer.status} {answer.body}"
    (prediction,), version = answer.body["predictions"], answer.body["model"]["version"]
    return known_model.differs(prediction["probabilities"], number, published.kinds[version])


def _start(model: Path, templates: Path, seed: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.publishing_job"]
    command += [str(model), str(templates), str(seed), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _wait_for_first(model: Path, jobs: list[subprocess.Popen[str]]) -> None:
    end = time.monotonic() + 60
    while not (model / "2").exists():
        assert time.monotonic() < end, [job.poll() for job in jobs]
        time.sleep(0.01)


def _wait_until_served(running: Load, version: int) -> None:
    end = time.monotonic() + 60
    while version not in running.versions():
        assert time.monotonic() < end, f"version {version} is not served"
        time.sleep(0.1)


def _kind(version: Path) -> int:
    record = version / RECORD
    return int(json.loads(record.read_text())["kind"]) if record.exists() else known_model.kind_of(1)


def _same(template: Path, version: Path) -> bool:
    files = [str(path.relative_to(template)) for path in template.rglob("*") if path.is_file()]
    _, mismatch, errors = filecmp.cmpfiles(template, version, files, shallow=False)
    return bool(files) and not mismatch and not errors
