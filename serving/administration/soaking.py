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
from serving.administration.model_server import ModelServer
from serving.store import running
from serving.store.configuration import CONFIG_FILE, entry_of, read, stable
from serving.store.errors import StoreError
from serving.store.layout import card_of

EXIT_ENDED = 3
_POLL_SECONDS = 5.0

Change = Callable[[str], str]


def soak(given: argparse.Namespace, servers: Sequence[ModelServer], change: Change) -> int:
    """Let a version serve as a canary, watch it, and decide.

    Args:
        given: the command line: ``model``, ``version``, ``soak`` in seconds, ``gateway``, ``min_answers``.
        servers: the model servers, which must keep the canary loaded.
        change: does ``canary``, ``promote`` or ``rollback`` and returns what was done.

    Returns:
        0 if the canary was promoted, 3 if it was ended.

    Raises:
        StoreError: there are no metrics to judge it by, or a change fails.
    """
    gateways = given.gateway or [each.gateway for each in running.find(given.models_dir)]
    if not servers or not gateways:
        raise StoreError("--soak needs a running service and found none; name it with --server and --gateway")
    config = read(given.config or given.models_dir / CONFIG_FILE, given.models_dir)
    stable = _rival(entry_of(config, given.model), given.version)
    start = signals.scrape(gateways)
    print(change("canary"), flush=True)
    print(f"watching it for {given.soak:g} s against version {stable.version}", file=sys.stderr, flush=True)
    reasons = _watch(given, servers, gateways, start, stable)
    if reasons:
        print(f"the canary failed: {'; '.join(reasons)}", file=sys.stderr)
        print(change("rollback"), flush=True)
        return EXIT_ENDED
    print(change("promote"), flush=True)
    return 0


def _rival(entry: pb.ModelConfig, version: int) -> StableVersion:
    before = stable(entry) or 0
    if before == version:
        raise StoreError(f"version {before} of {entry.name} is stable already")
    card = card_of(Path(entry.base_path) / str(version))
    return StableVersion(before, card.reference.get("confidence_mean") if card else None)


def _watch(
    given: argparse.Namespace,
    servers: Sequence[ModelServer],
    gateways: Sequence[str],
    start: signals.Samples,
    stable: StableVersion,
) -> list[str]:
    """Watch the canary; return the reasons against it as soon as there are any, or none after the time."""
    end = time.monotonic() + given.soak
    while True:
        left = end - time.monotonic()
        time.sleep(max(0.0, min(_POLL_SECONDS, left)))
        rises = signals.since(start, signals.scrape(gateways))
        reasons = [
            f"{server.address} no longer has it loaded"
            for server in servers
            if given.version not in server.serves(given.model)
        ]
        reasons += comparison.complaints(rises, given.model, given.version, stable, given.min_answers)
        if reasons or left <= _POLL_SECONDS:
            return reasons or _too_few(given, rises)


def _too_few(given: argparse.Namespace, rises: signals.Samples) -> list[str]:
    answers = signals.behaviour(rises, given.model, given.version).answers
    if answers >= given.min_answers:
        return []
    return [f"it answered {answers:.0f} pictures, fewer than the {given.min_answers} required"]
