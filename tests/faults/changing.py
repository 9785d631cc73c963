"""What a stack goes through while it is used: other versions, other configurations, gateways that restart."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from serving import administration
from tests.faults import known_model
from tests.faults.calls import PATH, caller
from tests.faults.recovery import publish
from tests.stack import Stack, running_stack

STABLE, CANARY = f"{PATH}/labels/stable", f"{PATH}/labels/canary"
# Between a change and the moment from which all answers follow it; the file of models is read every 2 s.
SETTLED_SECONDS = 30.0


@contextmanager
def labelled(folder: Path) -> Iterator[Stack]:
    """A stack with versions 1 and 2 of the known model, of which 1 is stable and serves."""
    known_model.write_templates(folder / "templates")
    for version in (1, 2):
        publish(folder / "templates", folder / "models", version)
    versions(folder / "models", "promote", known_model.NAME, "1")
    with running_stack(folder / "models", folder / "stack") as stack:
        yield stack


def versions(models_dir: Path, *arguments: str) -> None:
    """Run ``python -m serving models``."""
    assert administration.main([*arguments, "--models-dir", str(models_dir)]) == 0


def switch_back_and_forth(stack: Stack, times: int, seed: int = 0) -> None:
    """Promote version 2 and roll back, telling the running server each time."""
    chance = random.Random(seed)
    tell = ("--server", stack.grpc_address)
    for _ in range(times):
        time.sleep(chance.uniform(0.0, 2.0))  # at any point between two readings of the file of models
        versions(stack.models_dir, "promote", known_model.NAME, "2", *tell)
        wait_for_version(stack, 2, PATH, STABLE)
        versions(stack.models_dir, "rollback", known_model.NAME, *tell)
        wait_for_version(stack, 1, PATH, STABLE)


def reload_configuration(stack: Stack) -> None:
    """Change the file of models only, which the server reads again by itself: a canary, then a promotion."""
    versions(stack.models_dir, "promote", known_model.NAME, "2", "--canary")
    wait_for_version(stack, 2, CANARY)
    wait_for_version(stack, 1, STABLE)
    versions(stack.models_dir, "promote", known_model.NAME, "2")
    wait_for_version(stack, 2, STABLE)


def wait_for_version(stack: Stack, version: int, *paths: str) -> None:
    """Wait until a version answers all paths, ten times in a row."""
    end, in_a_row, answer = time.monotonic() + SETTLED_SECONDS, 0, None
    while in_a_row < 10:
        with caller(stack.gateway_port) as client:
            answers = [client.classify(0, path) for path in paths]
        right = all(a.status == 200 and a.body["model"]["version"] == version for a in answers)
        in_a_row = in_a_row + 1 if right else 0
        assert time.monotonic() < end, f"version {version} does not answer: {answer}"


class Balancer:
    """Sends to each gateway in turn that says it is ready, as a service with probes does."""

    def __init__(self, gateways: Sequence[Stack], seconds: float = 0.1) -> None:
        self._gateways, self._seconds = gateways, seconds
        self._turns = itertools.count()
        self._ready = [stack.gateway_port for stack in gateways]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._probe)

    def __enter__(self) -> Balancer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def choose(self) -> int:
        """The port of the next gateway."""
        ready = self._ready
        return ready[next(self._turns) % len(ready)]

    def _probe(self) -> None:
        while not self._stop.wait(self._seconds):
            ready = [stack.gateway_port for stack in self._gateways if stack.is_ready()]
            self._ready = ready or self._ready


@contextmanager
def another_gateway(stack: Stack, folder: Path, environ: dict[str, str]) -> Iterator[Stack]:
    """One more gateway before the model server of a stack."""
    folder.mkdir(parents=True, exist_ok=True)
    other = Stack(stack.models_dir, folder, environ, grpc_port=stack.grpc_port)
    try:
        other.start_gateway()
        other.wait_until_ready()
        yield other
    finally:
        other.stop()


def restart(gateway: Stack) -> None:
    """Stop a gateway as an operator does, and start it again."""
    assert gateway.gateway
    gateway.gateway.stop(grace=30)
    gateway.start_gateway()
    gateway.wait_until_ready()


def create_key(file: Path, name: str) -> str:
    """Make an API key with the command; returns it."""
    return _keys("create", name, file).strip().splitlines()[-1].split()[-1]


def revoke_key(file: Path, name: str) -> None:
    """Revoke an API key with the command."""
    _keys("revoke", name, file)


def _keys(command: str, name: str, file: Path) -> str:
    done = [sys.executable, "-m", "serving.gateway.keys", command, name, "--file", str(file)]
    return subprocess.run(done, check=True, capture_output=True, text=True, timeout=60).stdout


def wait_for_status(stack: Stack, key: str, accepted: Callable[[int], bool]) -> None:
    """Wait until a key's requests get such a status, ten times in a row on new connections."""
    end, in_a_row = time.monotonic() + SETTLED_SECONDS, 0
    while in_a_row < 10:
        with caller(stack.gateway_port, {"X-API-Key": key}) as client:
            status = client.classify().status
        in_a_row = in_a_row + 1 if accepted(status) else 0
        assert time.monotonic() < end, f"the key still gets {status}"
        time.sleep(0.02)
