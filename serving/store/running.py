"""Which one-machine servers run on a folder of models: each leaves a file there and locks it while it lives.

A lock cannot outlive its process, so a file that nobody locks is what a killed server left behind.
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
        model_server: ``HOST:PORT`` of its model server's gRPC.
        gateway: URL of its gateway.
    """

    model_server: str
    gateway: str


@contextmanager
def announced(models_dir: Path, server: Running) -> Iterator[bool]:
    """Have a server found by ``find`` for as long as this block lasts.

    Yields:
        Whether the file could be written; a folder that is read-only serves all the same.
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
    """The servers that run on a folder now; files of dead ones are removed."""
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
