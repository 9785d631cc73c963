"""The workflows of the public CI: actionlint, zizmor, published schemas; and each step is a script."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.manifests.render import ROOT, Manifest, read_yaml

FOLDER = ROOT / ".github/workflows"
TOOLS = Path(sys.executable).parent
COMMAND = re.compile(r"(sudo )?make [\w ./-]+|\.ci/[\w/-]+")


def problems(_rendered: dict[str, tuple[Manifest, ...]], _folder: Path) -> list[str]:
    """What the tools say, and one sentence for every step with a script of its own."""
    files = [str(path.relative_to(ROOT)) for path in sorted(FOLDER.glob("*.yaml"))]
    commands = (
        ["actionlint", "-no-color", *files],
        ["zizmor", "--offline", "--no-progress", "--quiet", ".github"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files],
        ["check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yaml"],
    )
    return [*steps_of_their_own(), *(line for command in commands for line in _say(command))]


def steps_of_their_own() -> Iterator[str]:
    """Steps that run something else than a make target or a script: a laptop could not do the same."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for name, job in read_yaml(path)["jobs"].items():
            for step in job["steps"]:
                run = step.get("run")
                if run is not None and not COMMAND.fullmatch(run):
                    yield f"{path.name}: {name}: not one make target or script: {run!r}"
                elif run and run.startswith(".ci/") and not (ROOT / run).is_file():
                    yield f"{path.name}: {name}: there is no {run}"


def _say(command: list[str]) -> list[str]:
    done = subprocess.run(
        [str(TOOLS / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return (done.stdout + done.stderr).strip().splitlines() if done.returncode else []
