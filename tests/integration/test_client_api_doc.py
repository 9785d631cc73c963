"""docs/api.md: its examples are the files, and they print what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from client import problems
from client.errors import Problem
from tests.stack import Stack

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = DOCS / "examples"
INTERPRETERS = {".sh": ["sh"], ".py": [sys.executable], ".mjs": ["node"], ".go": ["go", "run"]}
_EXAMPLE = re.compile(
    r"<!-- example: (\S+) -->\n```\w+\n(.*?)```\n\nIt prints:\n\n```text\n(.*?)\n```", re.DOTALL
)


class Example(NamedTuple):
    """An example as the page shows it."""

    name: str
    source: str
    output: str


SHOWN = [Example(*found) for found in _EXAMPLE.findall((DOCS / "api.md").read_text(encoding="utf-8"))]


def _command(name: str) -> list[str]:
    return [*INTERPRETERS[Path(name).suffix], name]


def _runnable(example: Example) -> bool:
    programs = {_command(example.name)[0], *(["curl"] if "curl" in example.source else [])}
    return all(shutil.which(program) for program in programs)


def test_the_page_shows_every_program_as_it_is() -> None:
    programs = {path.name for path in EXAMPLES.iterdir() if path.suffix in INTERPRETERS}
    assert {example.name for example in SHOWN} == programs
    for example in SHOWN:
        assert example.source == (EXAMPLES / example.name).read_text(encoding="utf-8")


@pytest.mark.parametrize("example", [e for e in SHOWN if _runnable(e)], ids=lambda e: str(e.name))
def test_an_example_prints_what_the_page_says(example: Example, stack: Stack, tmp_path: Path) -> None:
    done = subprocess.run(
        _command(example.name),
        cwd=EXAMPLES,
        env=_environment(stack, tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert _comparable(done.stdout.rstrip("\n")) == _comparable(example.output), done.stderr


def test_every_problem_code_is_on_the_page() -> None:
    codes = {found.code for found in vars(problems).values() if _is_problem(found)}
    assert codes
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    assert {code for code in codes if f"`{code}`" not in page} == set()


def _is_problem(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, Problem) and found is not Problem


def _environment(stack: Stack, folder: Path) -> dict[str, str]:
    """The service, and the command as an installation would put it on the path."""
    command = folder / "mnist-classify"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m client "$@"\n')
    command.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(DOCS.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "XDG_CONFIG_HOME": str(folder),
        "MNIST_URL": stack.url,
        "MNIST_MODEL": "digits",
    }


def _comparable(output: str) -> str:
    """The output without what differs from model to model: its name, probabilities, and how sure it is."""
    output = re.sub(r"0\.\d+(e-\d+)?", "0.N", output)
    output = re.sub(r"\b(ok|uncertain|out_of_distribution)\b", "STATUS", output)
    return re.sub(r'("(?:name|model)": ?)"(mnist|digits)"', r'\1"MODEL"', output)
