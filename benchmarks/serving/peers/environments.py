"""The environments of the peers in ``build/peers``, created from the lock files in this folder."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

LOCKS = Path(__file__).parent
ROOT = LOCKS.parents[2]
ENVIRONMENTS = ROOT / "build" / "peers"
_UV = [sys.executable, "-m", "uv", "--quiet"]


def ensure(name: str) -> Path:
    """Create the environment of a peer, or recreate it if its lock file has changed.

    Returns:
        The ``bin`` folder of the environment.

    Raises:
        subprocess.CalledProcessError: if the packages cannot be installed.
    """
    folder, lock = ENVIRONMENTS / name, LOCKS / f"{name}.lock"
    stamp = folder / "installed.lock"
    if not stamp.is_file() or stamp.read_bytes() != lock.read_bytes():
        print(f"installing {name} into {folder} (once)", file=sys.stderr, flush=True)
        subprocess.run([*_UV, "venv", "--clear", "--python", sys.executable, str(folder)], check=True)
        python = str(folder / "bin" / "python")
        command = [*_UV, "pip", "install", "--python", python, "--require-hashes", "-r", str(lock)]
        subprocess.run(command, check=True)
        stamp.write_bytes(lock.read_bytes())
    return folder / "bin"


def versions(name: str, packages: tuple[str, ...]) -> str:
    """Return the versions of some packages in a peer's environment, for the table."""
    site = next((ENVIRONMENTS / name / "lib").glob("python*/site-packages"))
    found = {each.name.lower(): each.version for each in metadata.distributions(path=[str(site)])}
    return ", ".join(f"{package} {found[package.lower()]}" for package in packages)
