"""``python -m tests.manifests``: every check on what is deployed, one line each; exit 1 if one fails.

Runs in the environment of requirements/manifests.lock (``make manifests``).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.manifests import dockerfiles, policies, promql, schemas, scripts, workflows
from tests.manifests.render import Manifest, RenderError, all_rendered

Check = Callable[[dict[str, tuple[Manifest, ...]], Path], list[str]]
CHECKS: dict[str, Check] = {
    "schemas": schemas.problems,
    "policies": policies.problems,
    "Dockerfiles": dockerfiles.problems,
    "scripts": scripts.problems,
    "workflows": workflows.problems,
    "alerts and dashboard": promql.problems,
}


def main() -> int:
    """Run the checks; returns the exit status."""
    try:
        rendered = all_rendered()
    except RenderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, check in CHECKS.items():
            found = check(rendered, Path(folder))
            failed = failed or bool(found)
            print(f"{name}: {'ok' if not found else f'{len(found)} problems'}")
            for problem in found:
                print(f"  {problem}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
