"""checkov's policies on the rendered objects and the Dockerfiles; every exception says why."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.manifests.render import ROOT, Manifest

# Why each of these does not hold here.
EXCEPTIONS = {
    "CKV_K8S_15": "imagePullPolicy Always: tags are fixed, a node that has the image need not ask again",
    "CKV_K8S_43": "images by digest: set at release (docs/operations.md)",
    "CKV_DOCKER_2": "HEALTHCHECK: Dockerfile.serve has one; a training job ends by itself and answers nobody",
    "CKV_DOCKER_7": "tag of the base: it stands in ARG BASE, and release builds pass a digest",
}
KINDS = {"kubernetes", "dockerfile"}


def problems(rendered: dict[str, tuple[Manifest, ...]], folder: Path) -> list[str]:
    """One sentence for every policy that does not hold."""
    for origin, manifests in rendered.items():
        (folder / f"{origin.replace(' ', '-')}.yaml").write_text(yaml.safe_dump_all(manifests))
    for dockerfile in ROOT.glob("Dockerfile.*"):
        (folder / dockerfile.name).write_text(dockerfile.read_text())
    reports = run_checkov(folder)
    judged = {report["check_type"] for report in reports}
    missing = [f"checkov looked at no {kind} file" for kind in sorted(KINDS - judged)]
    failed = [check for report in reports for check in report["results"]["failed_checks"]]
    return missing + [f"{check['file_path']}: {check['check_id']} {check['check_name']}" for check in failed]


def run_checkov(folder: Path) -> list[dict[str, Any]]:
    """Checkov's reports, one a kind of file.

    Raises:
        RuntimeError: when it says nothing that can be read.
    """
    command = [str(Path(sys.executable).parent / "checkov"), "--directory", str(folder), "--output", "json"]
    command += ["--framework", *sorted(KINDS), "--skip-check", ",".join(EXCEPTIONS), "--compact", "--quiet"]
    # It tries to look up guidelines on the web and goes on without; what it says of that is left out.
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    try:
        found = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise RuntimeError(f"checkov failed: {done.stderr[-2000:]}") from error
    return list(found) if isinstance(found, list) else [found]
