"""``python -m tests.images``: run the built images end to end; exit 1 if something failed."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from tests.images import checks
from tests.images.container import Image


def main() -> int:
    """Run every check; returns the exit status."""
    if os.geteuid() != 0:
        print("error: the images are mounted, which takes root", file=sys.stderr)
        return 1
    images = {name: Image.load(f"mnist-{name}") for name in ("train", "standalone", "gateway")}
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for check in checks.ALL:
            began = time.monotonic()
            try:
                said = check(images, folder)
            except AssertionError as error:
                failed += 1
                said = f"FAILED\n{error}"
            title = (check.__doc__ or check.__name__).partition("\n")[0]
            print(f"{title} {said} ({time.monotonic() - began:.1f} s)", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
