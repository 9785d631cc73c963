"""The versions command beside a real one-machine server: it finds it, acts on it, and says what serves."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from serving import administration
from serving.stack.commands import CONFIG_POLL_SECONDS
from serving.stack.processes import free_port
from tests.faults import changing, known_model
from tests.faults.calls import caller
from tests.faults.recovery import publish

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("changes")]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    known_model.write_templates(tmp_path / "templates")
    for version in (1, 2):
        publish(tmp_path / "templates", tmp_path / "models", version)
    return tmp_path / "models"


@contextmanager
def serving(models: Path) -> Iterator[int]:
    """A running one-machine server; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "serving", "--embedded"]
    command += ["--models-dir", str(models), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert any("Ctrl-C stops it" in line for line in iter(process.stdout.readline, ""))
        yield port
        process.terminate()


@pytest.fixture
def port(models: Path) -> Iterator[int]:
    """The port of a running one-machine server."""
    with serving(models) as chosen:
        yield chosen


def answering(port: int, model: str = known_model.NAME) -> int:
    """The version that answers without a label; 0 where none does."""
    with caller(port) as client:
        answer = client.classify(0, f"/v1/models/{model}")
    return int(answer.body["model"]["version"]) if answer.status == 200 else 0


def test_a_rollback_takes_effect_at_once_and_stays(
    models: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answering(port) == 2
    changing.versions(models, "rollback", known_model.NAME)
    said = capsys.readouterr().out
    assert "back from version 2 to 1" in said
    assert "serves version 1 now" in said
    for _ in range(2):
        assert answering(port) == 1
        time.sleep(CONFIG_POLL_SECONDS + 2)  # it would have read its file again by then


def test_the_list_says_what_answers(models: Path, port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert administration.main(["list", "--models-dir", str(models)]) == 0
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("what serves now")
    assert [row.split()[1:3] for row in rows] == [["2", "yes"], ["1", "loaded"]]
    assert answering(port) == 2


def test_a_model_published_under_a_new_name_begins_to_serve_and_is_listed(
    models: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    new = models / "another"
    new.mkdir()
    (models / known_model.NAME / "1").rename(models / ".moving")
    (models / ".moving").rename(new / "1")
    end = time.monotonic() + changing.SETTLED_SECONDS
    while answering(port, "another") != 1:
        assert time.monotonic() < end, "it does not begin to serve"
        time.sleep(0.2)
    assert administration.main(["list", "--models-dir", str(models)]) == 0
    assert ["another", "1", "yes"] in [row.split()[:3] for row in capsys.readouterr().out.splitlines()]


def test_after_the_server_ended_the_command_says_that_it_takes_effect_later(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changing.versions(models, "promote", known_model.NAME, "1")
    assert "from the next start: no server runs" in capsys.readouterr().out


def test_a_broken_newest_version_does_not_keep_the_service_from_starting(models: Path) -> None:
    publish(models.parent / "templates", models, 3)
    (models / known_model.NAME / "3" / "saved_model.pb").write_bytes(b"broken")
    with serving(models) as port:
        assert answering(port) == 2


@pytest.mark.parametrize(("canary", "status", "serves"), [(3, 0, 3), (2, 3, 1)])
def test_a_canary_is_judged_by_what_the_gateway_counts(
    models: Path, canary: int, status: int, serves: int
) -> None:
    """Version 3 answers as version 1 does, version 2 gives other labels."""
    publish(models.parent / "templates", models, 3)
    changing.versions(models, "promote", known_model.NAME, "1")
    command = ["promote", known_model.NAME, str(canary), "--soak", "8s", "--min-answers", "20"]
    with serving(models) as port, ThreadPoolExecutor(1) as pool, caller(port) as client:
        soaked = pool.submit(administration.main, [*command, "--models-dir", str(models)])
        while not soaked.done():
            for number in range(10):
                client.classify(number, changing.STABLE)
                client.classify(number)
        assert soaked.result() == status
        assert answering(port) == serves
