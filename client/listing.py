"""Folders and patterns as file names in sorted order, in bounded memory however many there are."""

from __future__ import annotations

import glob
import heapq
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO

RUN = 50_000
# Files that operating systems leave in folders, in lower case.
LITTER = frozenset([b"thumbs.db", b"ehthumbs.db", b"desktop.ini", b".ds_store", b"__macosx"])


class Unlisted:
    """A place without pictures. Reading it raises the reason, which is reported like any other failure."""

    def __init__(self, name: str, error: OSError) -> None:
        self.name = name
        self._error = error

    def read(self, _size: int = -1, /) -> bytes:
        """Raise the reason."""
        raise self._error


def subfolders(folder: str) -> list[str]:
    """The subfolders of a folder, in order, without hidden ones.

    Raises:
        OSError: the folder cannot be listed.
    """
    with os.scandir(folder) as entries:
        return sorted(
            entry.path
            for entry in entries
            if entry.is_dir()
            and not entry.name.startswith(".")
            and os.fsencode(entry.name).lower() not in LITTER
        )


def sorted_names(names: Iterable[bytes], run: int = RUN) -> Iterator[bytes]:
    """The names in byte order; more than ``run`` names are sorted in runs, in temporary files."""
    names = iter(names)
    first = sorted(islice(names, run))
    if len(first) < run:
        return iter(first)
    files = [_spill(first)]
    del first
    while part := sorted(islice(names, run)):
        files.append(_spill(part))
    return heapq.merge(*map(_read, files))


def folder_files(
    folder: str, recursive: bool, skipped: Counter[str] | None = None
) -> Iterator[str | Unlisted]:
    """The files of a folder in the order of their paths, without hidden ones or links to folders.

    Args:
        folder: its path.
        recursive: whether to include subfolders.
        skipped: counts the skipped system files by name (``Thumbs.db``).

    Yields:
        Paths; an ``Unlisted`` for a folder that cannot be listed.
    """
    skipped = Counter() if skipped is None else skipped
    waiting: list[Iterator[bytes]] = [iter([os.fsencode(folder).rstrip(b"/") + b"/"])]
    while waiting:
        path = next(waiting[-1], None)
        if path is None:
            waiting.pop()
        elif not path.endswith(b"/"):
            yield os.fsdecode(path)
        else:
            try:
                waiting.append(sorted_names(_entries(path, recursive, skipped)))
            except OSError as error:
                yield Unlisted(os.fsdecode(path), error)


def pattern_files(pattern: str, skipped: Counter[str]) -> Iterator[str]:
    """The files that match a shell pattern, in order; ``skipped`` is as in ``folder_files``."""
    for path in sorted_names(map(os.fsencode, glob.iglob(pattern, recursive=True))):
        if _is_litter(path):
            skipped[os.fsdecode(os.path.basename(path))] += 1
        elif not os.path.isdir(path):
            yield os.fsdecode(path)


def _entries(folder: bytes, recursive: bool, skipped: Counter[str]) -> Iterator[bytes]:
    """Files, including broken links, and folders with a closing slash, which sorts them among the paths."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.lower() in LITTER:
                skipped[os.fsdecode(entry.name)] += 1
            elif entry.name.startswith(b"."):
                continue
            elif entry.is_file() or (entry.is_symlink() and not entry.is_dir()):
                yield entry.path
            elif recursive and entry.is_dir(follow_symlinks=False):
                yield entry.path + b"/"


def _is_litter(path: bytes) -> bool:
    return any(part.lower() in LITTER for part in path.split(os.sep.encode()))


def _spill(names: list[bytes]) -> IO[bytes]:
    import tempfile

    file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as it is read from
    file.write(b"\0".join(names) + b"\0")
    file.seek(0)
    return file


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        rest = b""
        while block := file.read(256 * 1024):
            *names, rest = (rest + block).split(b"\0")
            yield from names
