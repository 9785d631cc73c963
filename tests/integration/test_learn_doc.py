"""docs/learn.md: its commands are accepted, and its nets fail with the words that it quotes."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from training.__main__ import parser
from training.commands import train

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "learn.md").read_text()
BLOCKS = re.findall(r"^```bash\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
DEFINITION = BLOCKS[0]
FAILING = [block for block in BLOCKS if "cat >" in block]
LESSONS = [line for block in BLOCKS[1:] for line in block.splitlines() if line.startswith("lesson ")]


def bash(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run lines of the page in a folder of its own, on the bundled digits."""
    definition = DEFINITION.replace(".venv/bin/python", sys.executable).replace(
        "--profile fast", "--profile fast --dataset digits"
    )
    return subprocess.run(
        ["bash", "-c", f"{definition}\n{script}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )


def test_there_are_ten_steps() -> None:
    assert re.findall(r"^## ([0-9]+)\. .*\?$|^## (4)\. Two nets that fail$", PAGE, re.MULTILINE) == [
        ("", "4") if n == 4 else (str(n), "") for n in range(1, 11)
    ]


@pytest.mark.parametrize("line", LESSONS)
def test_every_command_is_one_that_the_training_takes(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"\S+\.py", line):
        Path(name).touch()
    own = re.search(r"training (train .*?) \\\n\s*(.*?)\"\$@\"", DEFINITION, re.DOTALL)
    assert own is not None
    common = shlex.split(f"{own[1]} {own[2]}".replace("$name", "a-lesson"))
    config = train.config_from(parser().parse_args([*common, *shlex.split(line)[2:]]))
    assert config.published_name == "a-lesson"
    assert config.models_dir == Path("lessons")
    assert config.recipe().epochs <= 15


@pytest.mark.slow
@pytest.mark.xdist_group("training")
def test_the_first_command_publishes_into_its_own_folder(tmp_path: Path) -> None:
    done = bash(LESSONS[0], tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "lessons" / "plain" / "1" / "saved_model.pb").exists()
    assert (tmp_path / "lessons" / "runs" / "plain" / "report.html").exists()


@pytest.mark.slow
@pytest.mark.xdist_group("training")
@pytest.mark.parametrize("block", FAILING, ids=["no-flatten", "too-small"])
def test_a_net_that_fails_says_what_the_page_quotes(block: str, tmp_path: Path) -> None:
    done = bash(block, tmp_path)
    assert done.returncode == 1
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert said in PAGE
