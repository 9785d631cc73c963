"""How long the gateway takes to answer again, and a stack with the real model server to try it on."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.faults import known_model
from tests.faults.calls import caller, wrong
from tests.stack import Stack, running_stack

PROMISED = 2.0
"""Seconds after the model server's return by which the gateway answers."""

# What tests hold it to, on machines that have much else to do.
LIMIT = 5.0

_IN_A_ROW = 10


def recovery(stack: Stack) -> float:
    """Seconds from now until the gateway has answered ten requests in a row, on connections of their own.

    Ten, so that every worker is among those that answered.
    """
    started = last_failure = time.monotonic()
    right = number = 0
    while right < _IN_A_ROW:
        number += 1
        with caller(stack.gateway_port) as client:
            answer = client.classify(number % 50)
        if wrong(answer, number % 50):
            right, last_failure = 0, time.monotonic()
            time.sleep(0.02)
        else:
            right += 1
            if answer.seconds > 0.5:  # answered, but only after a wait
                last_failure = time.monotonic()
        assert time.monotonic() < started + 60, answer.body
    return last_failure - started


def wait_for_port(port: int, seconds: float = 60.0) -> None:
    """Wait until something listens on a port of the loopback address."""
    end = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        assert time.monotonic() < end
        time.sleep(0.01)


def publish(templates: Path, models_dir: Path, version: int) -> None:
    """Put a version where the model server looks for it, in one move."""
    model = models_dir / known_model.NAME
    model.mkdir(parents=True, exist_ok=True)
    aside = model / f".{version}"
    shutil.copytree(templates / str(known_model.kind_of(version)), aside)
    aside.rename(model / str(version))


@contextmanager
def served(
    folder: Path, *, environ: Mapping[str, str] | None = None, model_server_flags: tuple[str, ...] = ()
) -> Iterator[Stack]:
    """The embedded model server with version 1 of the known model, and a gateway before it.

    The templates of both kinds are in ``folder/templates``.
    """
    known_model.write_templates(folder / "templates")
    publish(folder / "templates", folder / "models", 1)
    with running_stack(
        folder / "models", folder / "stack", environ=environ, model_server_flags=model_server_flags
    ) as stack:
        yield stack
