"""The embedded model server answers as TensorFlow Serving 2.19.1 did, exchange by exchange.

The record is in ``tensorflow_serving/``. ``differences.DIFFERENCES`` holds what differs on purpose, and why.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from serving.model_server.differences import DIFFERENCES
from tests.integration.model_server_process import ModelServer
from tests.integration.model_server_transcripts import FOLDER, Exchange, Replay

SERVERS = (
    "plain", "single", "default_name", "options", "tensor_content", "lifecycle", "transitions", "reload",
    "polling", "timeout", "batching",
)  # fmt: skip


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "transcripts.json").read_text())
    return found


@pytest.fixture(scope="module")
def models(shared_tmp: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models the record is about, made once for all processes that run tests."""
    target = shared_tmp / "transcript-models"
    if not target.exists():
        made = tmp_path_factory.mktemp("made")
        subprocess.run([sys.executable, FOLDER / "make_models.py", made], check=True, capture_output=True)
        aside = shared_tmp / f"transcript-models-{made.parent.name}"
        shutil.copytree(made, aside)
        try:
            aside.rename(target)
        except OSError:
            shutil.rmtree(aside)
    return target


@pytest.fixture
def replay(models: Path, tmp_path: Path) -> Replay:
    (tmp_path / "models").symlink_to(models)
    return Replay(tmp_path)


def exchanges_of(record: dict[str, Any], server: str) -> list[Exchange]:
    found = [exchange for exchange in record["exchanges"] if exchange["server"] == server]
    assert found, f"the record has no exchanges of {server}"
    return found


def title(exchange: Exchange) -> str:
    return f"{exchange['server']}: {exchange['protocol']}: {exchange['name']}"


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVERS)
def test_the_server_answers_as_recorded(name: str, record: dict[str, Any], replay: Replay) -> None:
    exchanges = exchanges_of(record, name)
    for step in record["servers"][name]["setup"]:
        replay.do(step)
    flags = replay.fill(record["servers"][name]["flags"])
    with ModelServer(flags, replay.root / "log") as server:
        server.wait_ready()
        if name == "plain":
            server.wait_for_state("half_plus_two", 1, "AVAILABLE")
        found = {title(exchange): replay.difference(exchange, server) for exchange in exchanges}
        assert server.process.poll() is None
    differing = {key: text for key, text in found.items() if text}
    expected = {key for key in DIFFERENCES if key in found}
    assert differing.keys() == expected, json.dumps(differing, indent=1)


@pytest.mark.slow
def test_the_server_starts_and_fails_to_start_as_recorded(record: dict[str, Any], replay: Replay) -> None:
    exchanges = exchanges_of(record, "startup")
    with ThreadPoolExecutor(3) as pool:
        found = dict(zip(map(title, exchanges), pool.map(replay.start_up, exchanges), strict=True))
    differing = {key: text for key, text in found.items() if text}
    assert differing.keys() == {key for key in DIFFERENCES if key in found}, json.dumps(differing, indent=1)


def test_every_server_and_every_difference_is_in_the_record(record: dict[str, Any]) -> None:
    assert {exchange["server"] for exchange in record["exchanges"]} == {*SERVERS, "startup"}
    assert DIFFERENCES.keys() <= {title(exchange) for exchange in record["exchanges"]}
