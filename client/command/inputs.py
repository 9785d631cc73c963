"""The arguments of the command line (FILE, DIR, GLOB or ``-``) as pictures, one by one."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from glob import has_magic
from typing import IO, Any
from zlib import crc32

import click

from client.command.options import together
from client.listing import Unlisted, folder_files, pattern_files
from client.sources import source_name

STDIN = "-"


class StandardInput:
    """The one picture that comes through a pipe."""

    name = STDIN

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes."""
        return sys.stdin.buffer.read(size)


input_options = together(
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
    click.option("--recursive", "-r", is_flag=True, help="Include subfolders."),
)


class Inputs:
    """The pictures that ``input_options`` name.

    Attributes:
        skipped: the skipped system files, by name.
        shard: its number and the number of shards, or None for all pictures. A picture's shard depends only
            on its path, so it is the same on every machine and stays the same when files are added.
        done: hashes of the names of pictures that are left out because they have a result.

    Raises:
        click.UsageError: the options contradict each other, or name nothing.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._places: tuple[str, ...] = given["places"]
        self._list: str | None = given["files_from"]
        self._separator = b"\0" if given["null"] else b"\n"
        self._recursive: bool = given["recursive"]
        self.skipped: Counter[str] = Counter()
        self.shard: tuple[int, int] | None = given.get("shard")
        self.done: Set[int] = frozenset()
        if not self._places and self._list is None:
            raise click.UsageError("Name at least one file, folder or pattern, or - for standard input.")
        if given["null"] and self._list is None:
            raise click.UsageError("-0 applies to --files-from: give that too.")
        if (*self._places, self._list).count(STDIN) > 1:
            raise click.UsageError("Standard input can be read only once.")

    def __iter__(self) -> Iterator[object]:
        yield from filter(self._is_left, inputs(self._places, self._recursive, self.skipped))
        if self._list is not None:
            with click.open_file(self._list, "rb") as file:
                yield from filter(self._is_left, listed(file, self._separator))

    def count(self) -> int | None:
        """How many pictures there are; None with a list, which may be readable only once."""
        if self._list is not None:
            return None
        return sum(map(self._is_left, inputs(self._places, self._recursive)))

    def _is_left(self, source: object) -> bool:
        if self.shard is None and not self.done:
            return True
        name = source_name(source)
        if self.shard is not None:
            number, shards = self.shard
            if crc32(os.fsencode(name)) % shards != number:
                return False
        return hash(name) not in self.done


def inputs(places: Iterable[str], recursive: bool, skipped: Counter[str] | None = None) -> Iterator[object]:
    """The pictures of all places.

    Args:
        places: files, folders, shell patterns, ``-`` for standard input.
        recursive: whether to include subfolders.
        skipped: counts the skipped system files by name.

    Yields:
        Paths, or open files with a name.
    """
    skipped = Counter() if skipped is None else skipped
    for place in places:
        if place == STDIN:
            yield StandardInput()
        elif os.path.isdir(place):
            yield from folder_files(place, recursive, skipped)
        elif has_magic(place) and not os.path.lexists(place):
            yield from _pattern(place, skipped)
        else:
            yield place


def listed(file: IO[bytes], separator: bytes) -> Iterator[str]:
    """The paths in a list, as they arrive; ``separator`` is a newline or NUL."""
    rest = b""
    while block := file.read1(64 * 1024) if hasattr(file, "read1") else file.read(64 * 1024):
        *paths, rest = (rest + block).split(separator)
        yield from _decoded(paths, separator)
    yield from _decoded([rest], separator)


def _decoded(paths: Iterable[bytes], separator: bytes) -> Iterator[str]:
    ending = b"\r" if separator == b"\n" else b""
    return (os.fsdecode(path.removesuffix(ending)) for path in paths if path not in (b"", ending))


def parsed_shard(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Parse ``I/N``.

    Raises:
        click.BadParameter: the value has another form.
    """
    if value is None:
        return None
    number, _, shards = value.partition("/")
    if not (number.isdecimal() and shards.isdecimal() and int(number) < int(shards)):
        raise click.BadParameter(f"{value!r} is not I/N with I from 0 to N-1, such as 0/8.", ctx, parameter)
    return int(number), int(shards)


def _pattern(pattern: str, skipped: Counter[str]) -> Iterator[object]:
    before, none = skipped.total(), True
    for path in pattern_files(pattern, skipped):
        none = False
        yield path
    if none and skipped.total() == before:
        yield Unlisted(pattern, FileNotFoundError(2, "nothing matches this pattern"))
