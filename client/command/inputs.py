"""The arguments of the command line (FILE, DIR, GLOB or ``-``) as pictures, one by one."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from glob import has_magic
from typing import IO, Any

import click

from client.batching import source_name
from client.command.options import Command
from client.listing import Unlisted, folder_sources, pattern_files

STDIN = "-"


class StandardInput:
    """The one picture that comes through a pipe."""

    name = STDIN

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes."""
        return sys.stdin.buffer.read(size)


def input_options(command: Command) -> Command:
    """The pictures: ``FILE|DIR|GLOB|-``, ``--files-from``, ``-0`` and ``--recursive``."""
    options: list[Callable[[Command], Command]] = [
        click.argument("places", nargs=-1, metavar="[FILE|DIR|GLOB|-]...", type=click.Path()),
        click.option(
            "--files-from",
            type=click.Path(exists=True, dir_okay=False, allow_dash=True),
            metavar="FILE",
            help="Read paths from this file (- for standard input).",
        ),
        click.option(
            "--null", "-0", is_flag=True, help="Paths in --files-from end with NUL instead of a newline."
        ),
        click.option("--recursive", "-r", is_flag=True, help="Go into folders in folders."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


class Inputs:
    """The pictures that ``input_options`` name.

    Attributes:
        skipped: files that systems leave in folders, by name.

    Raises:
        click.UsageError: the options contradict each other, or name nothing.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._places: tuple[str, ...] = given["places"]
        self._list: str | None = given["files_from"]
        self._separator = b"\0" if given["null"] else b"\n"
        self._recursive: bool = given["recursive"]
        self.skipped: Counter[str] = Counter()
        if not self._places and self._list is None:
            raise click.UsageError("Name at least one file, folder or pattern, or - for standard input.")
        if given["null"] and self._list is None:
            raise click.UsageError("-0 says how --files-from is read: give that too.")
        if (*self._places, self._list).count(STDIN) > 1:
            raise click.UsageError("Standard input can be read only once.")

    def __iter__(self) -> Iterator[object]:
        yield from inputs(self._places, self._recursive, self.skipped)
        if self._list is not None:
            with click.open_file(self._list, "rb") as file:
                yield from listed(file, self._separator)

    def names(self) -> Iterator[str] | None:
        """The names of all pictures; None if that takes reading a list, which may be readable only once."""
        if self._list is not None:
            return None
        return (source_name(source) for source in inputs(self._places, self._recursive))

    def count(self) -> int | None:
        """How many pictures there are; None if that takes reading a list."""
        names = self.names()
        return None if names is None else sum(1 for _ in names)


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
            yield from folder_sources(place, recursive, skipped)
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
