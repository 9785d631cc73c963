"""Which one-machine servers use a folder of models: each keeps a locked file there while it runs.

A lock cannot outlive its process, so a file without a lock was left behind by a killed server.
"""

from __future__ import annotations

import fcntl
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

_PREFIX, _SUFFIX = ".serving-", ".json"


@dataclass(frozen=True)
class Running:
    """A running one-machine server.

    Attributes:
        model_server: ``HOST:PORT`` of its model server's gRPC port.
        gateway: URL of its gateway.
    """

    model_server: str
    gateway: str


@contextmanager
def announced(models_dir: Path, server: Running) -> Iterator[bool]:
    """Let ``find`` find a server within this block.

    Yields:
        Whether the file could be written; a server can also use a read-only folder.
    """
    # No process id: in containers that share the folder, each server may be process 1.
    path = models_dir / f"{_PREFIX}{secrets.token_hex(4)}{_SUFFIX}"
    aside = path.with_suffix(".new")
    try:
        file = aside.open("w")
    except OSError:
        yield False
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(asdict(server), file)
        file.flush()
        aside.rename(path)  # locked before anybody can find it
        try:
            yield True
        finally:
            path.unlink(missing_ok=True)


def find(models_dir: Path) -> list[Running]:
    """The servers that currently use a folder; files of dead servers are removed."""
    found = []
    for path in sorted(models_dir.glob(f"{_PREFIX}*{_SUFFIX}")):
        with suppress(OSError, ValueError, TypeError), path.open() as file:
            if _locked(path, file.fileno()):
                found.append(Running(**json.load(file)))
    return found


def _locked(path: Path, descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    path.unlink(missing_ok=True)
    return False
