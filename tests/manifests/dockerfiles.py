"""hadolint on the Dockerfiles, shellcheck's rules within RUN included."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.manifests.render import ROOT, Manifest


def problems(_rendered: dict[str, tuple[Manifest, ...]], _folder: Path) -> list[str]:
    """Hadolint's own lines; none when it is content."""
    files = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("Dockerfile.*"))
    command = [str(Path(sys.executable).parent / "hadolint"), *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines if done.returncode else []
