"""The ledger of a model: every version that was ever published, even if it has been removed.

It is the file ``versions.jsonl`` beside the versions, with one JSON object per line, and is only appended to.
So no number is used twice, and a version whose files have changed since it was published is detected.
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
        run_id: the run that trained it.
        sha256: digest of its files (``digest``).
        published: when it was published, in UTC (RFC 3339).
        accuracy: accuracy on the test pictures; None if it was not measured.
        test_sha256: digest of those test pictures and their labels.
    """

    version: int
    run_id: str
    sha256: str
    published: str
    accuracy: float | None = None
    test_sha256: str = ""


class Ledger:
    """The locked ledger of one model: no other process publishes while it is open.

    Args:
        model: the model's folder.
        file: the ledger, open for reading and appending, and locked.
    """

    def __init__(self, model: Path, file: BinaryIO) -> None:
        self._model, self._file = model, file

    def next_number(self) -> int:
        """A number that no version has or ever had."""
        return max([0, *versions(self._model), *entries(self._model)]) + 1

    def append(self, entry: LedgerEntry) -> None:
        """Append an entry; it is on the disk when this returns."""
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
    """Lock a model's ledger against other publishers.

    Raises:
        OSError: the file cannot be opened.
    """
    with (model / LEDGER_FILE).open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield Ledger(model, file)


def entries(model: Path) -> dict[int, LedgerEntry]:
    """Every version that was ever published, by number; if a number is repeated, the first entry counts."""
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
    """Whether a version's files have changed since it was published; False if the ledger lacks it."""
    entry = entries(model).get(number)
    return entry is not None and digest(model / str(number)) != entry.sha256


def _parsed(line: bytes) -> LedgerEntry | None:
    """Parse an entry; None for a line that a crash cut short, whose version was never published."""
    known = {field.name for field in fields(LedgerEntry)}
    try:
        body = json.loads(line)
        return LedgerEntry(**{name: value for name, value in body.items() if name in known})
    except (ValueError, TypeError, AttributeError):
        return None
