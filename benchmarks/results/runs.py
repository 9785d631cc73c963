"""Runs of benchmarks: their output, with date, machine and command."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from benchmarks import machine

KEPT = Path(__file__).parent / "kept"


@dataclass(frozen=True)
class Run:
    """The output of a benchmark, and how to reproduce it.

    Attributes:
        measured: the date, in ISO 8601.
        machine: processor, cores, memory and Python.
        command: the command line.
        note: a note in Markdown, such as which models were used; may be empty.
        output: the standard output, in Markdown.
    """

    measured: str
    machine: str
    command: str
    note: str
    output: str


def run(command: Sequence[str], note: str) -> Run:
    """Run a benchmark, pass its output through, and return the run.

    Raises:
        CalledProcessError: if the benchmark fails.
    """
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            sys.stdout.write(line)
            sys.stdout.flush()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    shown = shlex.join(["python", *command[1:]] if command[0] == sys.executable else command)
    return Run(date.today().isoformat(), machine.describe(), shown, note, "".join(lines).strip())


def keep(name: str, measured: Run, folder: Path = KEPT) -> Path:
    """Write a run to ``<folder>/<name>.json``, replacing an earlier one; returns the path."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps(asdict(measured), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def kept(folder: Path = KEPT) -> dict[str, Run]:
    """Read all runs in a folder, by name."""
    return {path.stem: Run(**json.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.json"))}
