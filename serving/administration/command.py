"""The commands: list, promote, rollback, remove, prune."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.administration import arguments, changes, listing
from serving.administration.interrupts import EXIT_INTERRUPTED, ending_as_ctrl_c
from serving.administration.model_server import ModelServer
from serving.administration.switching import switch
from serving.saying import say
from serving.store import retention, running
from serving.store.configuration import CANARY, CONFIG_FILE, STABLE, entry_of, locked, read, write
from serving.store.errors import StoreError


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit status.

    It is 0 done, 1 refused, 2 wrong use, 3 a soaked canary failed, 130 interrupted.
    """
    given = arguments.parser().parse_args(list(argv))
    given.models_dir = given.models_dir.resolve()
    try:
        return _run(given)
    except StoreError as error:
        say(f"python -m serving models: {error}")
        return 1
    except KeyboardInterrupt:
        say("python -m serving models: interrupted")
        return EXIT_INTERRUPTED


def _run(given: argparse.Namespace) -> int:
    servers = _servers(given)
    if given.command == "list":
        lines = listing.lines(read(_file(given), given.models_dir), servers)
        return 0 if say("\n".join(lines), to=sys.stdout) else 1
    if given.command == "promote" and given.soak:
        from serving.administration import soaking

        # Workers that restart meanwhile are other servers.
        return soaking.soak(
            given, lambda: _servers(given), lambda change: apply(given, _servers(given), change)
        )
    say(apply(given, servers, given.command), to=sys.stdout)
    return 0


def apply(given: argparse.Namespace, servers: Sequence[ModelServer], command: str) -> str:
    """Change the configuration and switch the running servers; returns what was done.

    Args:
        given: the command line.
        servers: the servers that run on the folder.
        command: ``promote``, ``canary``, ``rollback``, ``remove`` or ``prune``.

    Raises:
        StoreError: the change cannot be made.
    """
    with locked(given.models_dir):
        before = read(_file(given), given.models_dir)
        if command == "prune":
            return _prune(before, given, servers)
        after = pb.ModelServerConfig()
        after.CopyFrom(before)
        entry = entry_of(after, given.model)
        if command == "remove":
            done = changes.remove(entry, given.version, _held(entry, servers))
            retention.delete(Path(entry.base_path), given.version)
            return done
        done = _change(entry, given, command)
        if not servers:
            write(after, _file(given))
            return f"{done} from the next start: no server runs on {given.models_dir}"
        with ending_as_ctrl_c():
            switch(servers, given.model, before, after, _file(given))
        serves = [f"{server.address} serves {_list(server.serves(given.model))} now" for server in servers]
        return f"{done}; {', '.join(serves)}"


def _change(entry: pb.ModelConfig, given: argparse.Namespace, command: str) -> str:
    if command == "rollback":
        return changes.rollback(entry)
    canary = command == "canary" or (command == "promote" and given.canary and not given.soak)
    return changes.promote(entry, given.version, CANARY if canary else STABLE)


def _prune(config: pb.ModelServerConfig, given: argparse.Namespace, servers: Sequence[ModelServer]) -> str:
    chosen = [entry_of(config, given.model)] if given.model else config.model_config_list.config
    done = []
    for entry in chosen:
        gone = retention.prunable(entry, given.keep, _held(entry, servers))
        for version in gone:
            retention.delete(Path(entry.base_path), version)
        done.append(f"{entry.name}: removed {_list(set(gone)) if gone else 'nothing'}")
    return "\n".join(done)


def _held(entry: pb.ModelConfig, servers: Sequence[ModelServer]) -> set[int]:
    return {number for server in servers for number in server.holds(entry.name)}


def _servers(given: argparse.Namespace) -> list[ModelServer]:
    addresses = (
        [given.server] if given.server else [each.model_server for each in running.find(given.models_dir)]
    )
    return [ModelServer(address, given.timeout) for address in addresses]


def _file(given: argparse.Namespace) -> Path:
    file: Path = given.config or given.models_dir / CONFIG_FILE
    return file


def _list(versions: set[int]) -> str:
    return f"version{'s' * (len(versions) > 1)} {', '.join(map(str, sorted(versions)))}"
