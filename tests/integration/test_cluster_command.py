"""``python -m serving.cluster`` on two real model servers behind a stand-in for kubectl."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.model_server_process import ROOT, ModelServer

pytestmark = pytest.mark.xdist_group("cluster")


@dataclass
class Cluster:
    """Two replicas and their file of models."""

    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command, with the stand-in as its kubectl."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [sys.executable, "-m", "serving.cluster", *arguments],
            cwd=ROOT,
            env={**os.environ, "PATH": path, "STUB_FOLDER": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def config(self) -> str:
        """The file as the servers read it."""
        return (self.folder / "models.config").read_text()


@pytest.fixture(scope="module")
def cluster(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    tmp_path = tmp_path_factory.mktemp("cluster")
    base = tmp_path / "digits"
    for version in ("1", "2"):
        shutil.copytree(models_dir / "digits" / "1", base / version)
    (base / "3").mkdir()
    (base / "3" / "saved_model.pb").write_bytes(b"broken")
    config = (
        f'model_config_list {{ config {{ name: "digits" base_path: "{base}" model_platform: "tensorflow" '
    )
    config += "model_version_policy { specific { versions: 1 } } } }"
    (tmp_path / "models.config").write_text(config)
    stub = tmp_path / "bin" / "kubectl"
    stub.parent.mkdir()
    stub.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/integration/kubectl_stub.py "$@"\n')
    stub.chmod(0o755)
    flags = [f"--model_config_file={tmp_path / 'models.config'}", "--model_config_file_poll_wait_seconds=1"]
    flags += ["--file_system_poll_wait_seconds=1", "--max_num_load_retries=0"]
    flags += ["--allow_version_labels_for_unavailable_models=true"]
    with ExitStack() as running:
        servers = [running.enter_context(ModelServer(flags, tmp_path / name)) for name in ("one", "two")]
        for server in servers:
            server.wait_ready().wait_for_state("digits", 1, "AVAILABLE")
        pods = {f"server-{number}": server.rest_port for number, server in enumerate(servers)}
        state = {"data": {"models.config": config}, "metadata": {}, "pods": pods}
        (tmp_path / "cluster.json").write_text(json.dumps(state))
        yield Cluster(tmp_path)


def test_a_version_that_a_replica_cannot_load_changes_nothing(cluster: Cluster) -> None:
    before = cluster.config()
    done = cluster.run("promote", "digits", "3", "--timeout", "30")
    assert done.returncode == 1
    # Whichever replica has tried first.
    assert re.search(r"nothing is changed: server-[01] cannot load version 3 of digits", done.stderr)
    assert cluster.config() == before


def test_a_version_that_is_nowhere_changes_nothing(cluster: Cluster) -> None:
    before = cluster.config()
    done = cluster.run("promote", "digits", "9", "--timeout", "3")
    assert done.returncode == 1
    assert "did not switch within 3 s" in done.stderr
    assert cluster.config() == before
    assert cluster.run("rollback", "digits").stderr.endswith("name one with --to\n")


def test_a_replica_that_is_starting_is_waited_for(cluster: Cluster) -> None:
    before = cluster.config()
    file = cluster.folder / "cluster.json"
    state = json.loads(file.read_text())
    file.write_text(json.dumps({**state, "pods": {**state["pods"], "server-2": 1}}))
    try:
        listed = cluster.run("list")
        assert listed.returncode == 0, listed.stderr
        assert [line.split()[2:4] for line in listed.stdout.splitlines() if "server-2" in line] == [
            ["no", "answer"]
        ]
        done = cluster.run("rollback", "digits", "--to", "2", "--timeout", "1")
        assert (
            "the replicas serve different versions" in done.stderr
            or "server-2 does not report" in done.stderr
        )
        assert cluster.config() == before
    finally:
        file.write_text(json.dumps(state))


def test_a_model_that_is_not_there_is_named(cluster: Cluster) -> None:
    done = cluster.run("promote", "letters", "1")
    assert done.returncode == 1
    assert "no model letters in the configuration; there are: digits" in done.stderr


def test_a_version_is_tried_promoted_and_rolled_back_on_every_replica(
    cluster: Cluster, tmp_path: Path
) -> None:
    done = cluster.run("promote", "digits", "2", "--canary")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "digits: canary is version 2, stable is version 1\n"
    listed = cluster.run("list").stdout
    for replica in ("server-0", "server-1"):
        lines = [
            line.split() for line in listed.splitlines() if f" {replica}" in line and "AVAILABLE" in line
        ]
        assert [line[1:4] for line in lines] == [
            ["2", "AVAILABLE", "canary"],
            ["1", "AVAILABLE", "stable"],
        ]
    kept = tmp_path / "kept.config"
    done = cluster.run("promote", "digits", "2", "--write", str(kept))
    assert done.stdout == "digits: stable is version 2\n", done.stderr
    assert kept.read_text() == cluster.config()
    done = cluster.run("rollback", "digits", "--to", "1")
    assert done.stdout == "digits: stable is version 1\n", done.stderr
    # What was noted at that change.
    done = cluster.run("rollback", "digits")
    assert done.stdout == "digits: stable is version 2\n", done.stderr
