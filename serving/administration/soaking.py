"""A canary on trial: it is compared with the stable version for a time, and then promoted or ended."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.administration import comparison, signals
from serving.administration.comparison import StableVersion
from serving.administration.interrupts import EXIT_INTERRUPTED, ending_as_ctrl_c
from serving.administration.model_server import ModelServer
from serving.saying import say
from serving.store import running
from serving.store.configuration import CONFIG_FILE, entry_of, read, stable
from serving.store.errors import StoreError
from serving.store.layout import card_of

EXIT_ENDED = 3
_POLL_SECONDS = 5.0
_RETRY_SECONDS = 1.0
_TRIES = 3

Change = Callable[[str], str]
Find = Callable[[], Sequence[ModelServer]]


def soak(given: argparse.Namespace, find: Find, change: Change) -> int:
    """Let a version serve as a canary, watch it, and decide.

    Args:
        given: the command line: ``model``, ``version``, ``soak`` in seconds, ``gateway``, ``min_answers``.
        find: the model servers that run at the moment, which must keep the canary loaded.
        change: does ``canary``, ``promote`` or ``rollback`` and returns what was done.

    Returns:
        0 if the canary was promoted, 3 if it was ended, 130 if a signal ended it.

    Raises:
        StoreError: there are no metrics to judge it by, or a change fails.
    """
    gateways = given.gateway or [each.gateway for each in running.find(given.models_dir)]
    if not find() or not gateways:
        raise StoreError("--soak needs a running service and found none; name it with --server and --gateway")
    config = read(given.config or given.models_dir / CONFIG_FILE, given.models_dir)
    stable = _rival(entry_of(config, given.model), given.version)
    start = signals.scrape(gateways)
    with ending_as_ctrl_c():
        try:
            say(change("canary"), to=sys.stdout)
            seconds = f"{given.soak:g} s"
            say(f"watching it for {seconds} against version {stable.version}")
            reasons = _watch(given, find, gateways, start, stable)
        except KeyboardInterrupt:
            say("interrupted: the canary is ended")
            _end(given, change)
            return EXIT_INTERRUPTED
        if reasons:
            say(f"the canary failed: {'; '.join(reasons)}")
            _end(given, change)
            return EXIT_ENDED
        say(change("promote"), to=sys.stdout)
        return 0


def _end(given: argparse.Namespace, change: Change) -> None:
    """End the canary.

    Raises:
        StoreError: it still serves; the message says how to end it.
    """
    try:
        say(change("rollback"), to=sys.stdout)
    except StoreError as error:
        raise StoreError(
            f"the canary could not be ended: {error}. End it: python -m serving models rollback {given.model}"
        ) from error


def _rival(entry: pb.ModelConfig, version: int) -> StableVersion:
    before = stable(entry) or 0
    if before == version:
        raise StoreError(f"version {before} of {entry.name} is stable already")
    card = card_of(Path(entry.base_path) / str(version))
    return StableVersion(before, card.reference.get("confidence_mean") if card else None)


def _watch(
    given: argparse.Namespace,
    find: Find,
    gateways: Sequence[str],
    start: signals.Samples,
    stable: StableVersion,
) -> list[str]:
    """Watch the canary; return the reasons against it as soon as there are any, or none after the time.

    A gateway or server that does not answer, because it restarts, is asked again.
    """
    end, failures = time.monotonic() + given.soak, 0
    while True:
        left = end - time.monotonic()
        time.sleep(min(_POLL_SECONDS, left) if left > 0 else _RETRY_SECONDS)
        try:
            rises = signals.since(start, signals.scrape(gateways))
            reasons = _not_loaded(given, find())
        except StoreError as error:
            failures += 1
            if failures == _TRIES:
                return [f"it can no longer be watched: {error}"]
            continue
        failures = 0
        reasons += comparison.complaints(rises, given.model, given.version, stable, given.min_answers)
        if reasons or left <= _POLL_SECONDS:
            return reasons or _too_few(given, rises)


def _not_loaded(given: argparse.Namespace, servers: Sequence[ModelServer]) -> list[str]:
    if not servers:
        raise StoreError(f"no server runs on {given.models_dir}")
    return [
        f"{server.address} no longer has it loaded"
        for server in servers
        if given.version not in server.serves(given.model)
    ]


def _too_few(given: argparse.Namespace, rises: signals.Samples) -> list[str]:
    answers = signals.behaviour(rises, given.model, given.version).answers
    if answers >= given.min_answers:
        return []
    return [f"it answered {answers:.0f} pictures, fewer than the {given.min_answers} required"]
