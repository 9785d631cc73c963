"""What stands on the command line (FILE, DIR, GLOB or ``-``) as the pictures to classify, one by one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from glob import has_magic
from typing import IO

from client.command.listing import folder_files, pattern_files

STDIN = "-"


class StandardInput:
    """The one picture that comes through a pipe."""

    name = STDIN

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes."""
        return sys.stdin.buffer.read(size)


class Unlisted:
    """A place on the command line that gives no pictures, so that it is reported in its turn."""

    def __init__(self, name: str, error: OSError) -> None:
        self.name = name
        self._error = error

    def read(self, _size: int = -1, /) -> bytes:
        """Raises why."""
        raise self._error


def inputs(places: Iterable[str], recursive: bool) -> Iterator[object]:
    """Every picture of every place.

    Args:
        places: files, folders, shell patterns, ``-`` for standard input.
        recursive: whether to go into folders in folders.

    Yields:
        Paths, or open files with a name.
    """
    for place in places:
        if place == STDIN:
            yield StandardInput()
        elif os.path.isdir(place):
            yield from _folder(place, recursive)
        elif has_magic(place) and not os.path.lexists(place):
            yield from _pattern(place)
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


def _folder(folder: str, recursive: bool) -> Iterator[object]:
    for found in folder_files(folder.rstrip("/") or "/", recursive):
        yield found if isinstance(found, str) else Unlisted(*found)


def _pattern(pattern: str) -> Iterator[object]:
    none = True
    for path in pattern_files(pattern):
        none = False
        if not os.path.isdir(path):
            yield path
    if none:
        yield Unlisted(pattern, FileNotFoundError(2, "nothing matches this pattern"))


def _split(file: IO[bytes], separator: bytes) -> Iterator[bytes]:
    rest = b""
    while block := file.read1(64 * 1024) if hasattr(file, "read1") else file.read(64 * 1024):
        *whole, rest = (rest + block).split(separator)
        yield from whole
    yield rest
