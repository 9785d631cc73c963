"""ShellCheck on every shell script that deploys, copies or installs something."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.manifests.render import ROOT, Manifest

FOLDERS = (".ci", "k8s", "tests")
SHELLS = ("#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env bash")


def problems(_rendered: dict[str, tuple[Manifest, ...]], _folder: Path) -> list[str]:
    """ShellCheck's own lines; none when it is content."""
    names = [str(path.relative_to(ROOT)) for path in files()]
    done = subprocess.run(
        ["shellcheck", "--external-sources", "--source-path", "SCRIPTDIR", "--format", "gcc", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return (done.stdout + done.stderr).strip().splitlines() if done.returncode else []


def files() -> list[Path]:
    """The scripts, told by their first line."""
    found = (path for name in FOLDERS for path in sorted((ROOT / name).rglob("*")) if path.is_file())
    return [path for path in found if path.suffix in ("", ".sh") and path.read_text().startswith(SHELLS)]
