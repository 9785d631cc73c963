#!/usr/bin/env python3
"""Stands for rclone, with a folder for the remote: just what the scripts of the object store call.

Each call is a line in ``$RCLONE_LOG``.
"""

from __future__ import annotations

import fnmatch
import os
import shutil
import sys
from pathlib import Path

_VALUED = ("--include", "--exclude", "--retries", "--retries-sleep", "--max-depth")


def main() -> int:
    """Do one call; 3 where there is no such place."""
    command, *rest = sys.argv[1:]
    options: dict[str, str] = {}
    places: list[str] = []
    while rest:
        word = rest.pop(0)
        if word in _VALUED:
            options[word] = rest.pop(0)
        elif not word.startswith("--"):
            places.append(word)
    with open(os.environ["RCLONE_LOG"], "a") as log:
        print(command, *places, file=log)
    if os.environ.get("RCLONE_DOWN"):
        return 1
    return {"lsf": _lsf, "cat": _cat, "rcat": _rcat, "copy": _copy}[command](places, options)


def _lsf(places: list[str], options: dict[str, str]) -> int:
    folder = Path(places[0])
    if not folder.is_dir():
        return 3
    pattern = options.get("--include", "/*").lstrip("/")
    depth = pattern.count("/") + 1
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if name.count("/") + 1 == depth and fnmatch.fnmatch(name, pattern):
            print(name)
    return 0


def _cat(places: list[str], _options: dict[str, str]) -> int:
    path = Path(places[0])
    if not path.is_file():
        return 3
    sys.stdout.buffer.write(path.read_bytes())
    return 0


def _rcat(places: list[str], _options: dict[str, str]) -> int:
    path = Path(places[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sys.stdin.buffer.read())
    return 0


def _copy(places: list[str], options: dict[str, str]) -> int:
    source, target = map(Path, places)
    only, but = options.get("--include", "").lstrip("/"), options.get("--exclude", "").lstrip("/")
    for path in sorted(each for each in source.rglob("*") if each.is_file()):
        name = path.relative_to(source).as_posix()
        if (only and name != only) or (but and name == but):
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
