"""The ledger of a model: every version that was ever published, kept when versions are removed.

It lies beside the versions as ``versions.jsonl``, one JSON object a line, and is only ever appended to. So a
number is never given twice, and a version whose content is no longer what was published under its number is
found out.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import BinaryIO

from serving.store.layout import versions

LEDGER_FILE = "versions.jsonl"


@dataclass(frozen=True)
class LedgerEntry:
    """One published version.

    Attributes:
        version: its number.
        run_id: the run that made it.
        sha256: of its files (``digest``).
        published: when, UTC, as RFC 3339 has it.
        accuracy: on the test pictures; None where nobody measured it.
        test_sha256: of those test pictures and their labels.
    """

    version: int
    run_id: str
    sha256: str
    published: str
    accuracy: float | None = None
    test_sha256: str = ""


class Ledger:
    """The ledger of one model, held: nobody else publishes while this is open.

    Args:
        model: the model's folder.
        file: the ledger, open for reading and appending, and locked.
    """

    def __init__(self, model: Path, file: BinaryIO) -> None:
        self._model, self._file = model, file

    def next_number(self) -> int:
        """A number that no version has, or ever had."""
        return max([0, *versions(self._model), *entries(self._model)]) + 1

    def append(self, entry: LedgerEntry) -> None:
        """Take an entry in; it is on the disk when this returns."""
        self._file.seek(0, os.SEEK_END)
        torn = self._file.tell() and not self._file_ends_a_line()
        line = json.dumps(asdict(entry), sort_keys=True, allow_nan=False)
        self._file.write(b"\n" * bool(torn) + line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _file_ends_a_line(self) -> bool:
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1) == b"\n"


@contextmanager
def held(model: Path) -> Iterator[Ledger]:
    """Hold a model's ledger against every other publisher.

    Raises:
        OSError: when the file cannot be opened.
    """
    with (model / LEDGER_FILE).open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield Ledger(model, file)


def entries(model: Path) -> dict[int, LedgerEntry]:
    """Every version that was ever published, by its number; of two with one number the first counts."""
    path = model / LEDGER_FILE
    found: dict[int, LedgerEntry] = {}
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        entry = _parsed(line)
        if entry is not None:
            found.setdefault(entry.version, entry)
    return found


def digest(version: Path) -> str:
    """SHA-256 over the names and contents of a version's files."""
    whole = hashlib.sha256()
    for path in sorted(each for each in version.rglob("*") if each.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(version).as_posix()} {content}\n".encode())
    return whole.hexdigest()


def changed(model: Path, number: int) -> bool:
    """Whether a version is not what was published under its number; False for one the ledger lacks."""
    entry = entries(model).get(number)
    return entry is not None and digest(model / str(number)) != entry.sha256


def _parsed(line: bytes) -> LedgerEntry | None:
    """An entry, or None for a line that a crash cut short: its version was never published."""
    known = {field.name for field in fields(LedgerEntry)}
    try:
        body = json.loads(line)
        return LedgerEntry(**{name: value for name, value in body.items() if name in known})
    except (ValueError, TypeError, AttributeError):
        return None
