"""The arguments of the command line (FILE, DIR, GLOB or ``-``) as pictures, one by one."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from glob import has_magic
from typing import IO

from client.listing import folder_files, pattern_files

STDIN = "-"


class StandardInput:
    """The one picture that comes through a pipe."""

    name = STDIN

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes."""
        return sys.stdin.buffer.read(size)


class Unlisted:
    """A place without pictures. Reading it raises the reason, which is then reported in its turn."""

    def __init__(self, name: str, error: OSError) -> None:
        self.name = name
        self._error = error

    def read(self, _size: int = -1, /) -> bytes:
        """Raises why."""
        raise self._error


def inputs(places: Iterable[str], recursive: bool, skipped: Counter[str] | None = None) -> Iterator[object]:
    """Every picture of every place.

    Args:
        places: files, folders, shell patterns, ``-`` for standard input.
        recursive: whether to go into folders in folders.
        skipped: counts, by name, what systems leave in folders.

    Yields:
        Paths, or open files with a name.
    """
    skipped = Counter() if skipped is None else skipped
    for place in places:
        if place == STDIN:
            yield StandardInput()
        elif os.path.isdir(place):
            for found in folder_files(place.rstrip("/") or "/", recursive, skipped):
                yield found if isinstance(found, str) else Unlisted(*found)
        elif has_magic(place) and not os.path.lexists(place):
            yield from _pattern(place, skipped)
        else:
            yield place


def listed(file: IO[bytes], separator: bytes) -> Iterator[str]:
    """The paths in a list.

    Args:
        file: the list.
        separator: newline, or NUL for names that hold newlines.
    """
    if separator == b"\n":
        lines: Iterable[bytes] = (line.rstrip(b"\r\n") for line in iter(file.readline, b""))
    else:
        lines = _split(file, separator)
    return (os.fsdecode(line) for line in lines if line)


def count(places: Iterable[str], recursive: bool) -> int:
    """How many pictures ``inputs`` will give."""
    return sum(1 for _ in inputs(places, recursive))


def _pattern(pattern: str, skipped: Counter[str]) -> Iterator[object]:
    before, none = skipped.total(), True
    for path in pattern_files(pattern, skipped):
        none = False
        yield path
    if none and skipped.total() == before:
        yield Unlisted(pattern, FileNotFoundError(2, "nothing matches this pattern"))


def _split(file: IO[bytes], separator: bytes) -> Iterator[bytes]:
    rest = b""
    while block := file.read1(64 * 1024) if hasattr(file, "read1") else file.read(64 * 1024):
        *whole, rest = (rest + block).split(separator)
        yield from whole
    yield rest
