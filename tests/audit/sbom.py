"""``python -m tests.audit.sbom``: a bill of materials in CycloneDX for every lock of requirements/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TARGET = Path("build/sbom")


def main() -> int:
    """Write the files; returns the exit status."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for lock in sorted(Path("requirements").glob("*.lock")):
        target = TARGET / f"{lock.stem}.cdx.json"
        command = [
            sys.executable,
            "-m",
            "cyclonedx_py",
            "requirements",
            str(lock),
            "--pyproject",
            "pyproject.toml",
        ]
        command += ["--mc-type", "application", "--output-reproducible", "--output-file", str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            print(f"{lock}: {done.stderr.strip()[-500:]}", file=sys.stderr)
            return 1
        print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
