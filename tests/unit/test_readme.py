"""README.md: its commands work as pasted at the top of a checkout after `make run`."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(?:    |\$ )((?:\S*python|curl|make)\b.*)$", README, re.MULTILINE)


def test_files_that_a_command_names_are_there() -> None:
    files = {name for command in COMMANDS for name in re.findall(r"(?:@|\s)((?:docs|tests)/\S+)", command)}
    assert files
    assert [name for name in sorted(files) if not (ROOT / name).exists()] == []


def test_modules_are_run_by_the_environment_that_make_sets_up() -> None:
    started = [command.split() for command in COMMANDS if " -m " in command]
    assert started
    assert {words[0] for words in started} == {".venv/bin/python"}
    for words in started:
        assert find_spec(words[2]), words[2]
