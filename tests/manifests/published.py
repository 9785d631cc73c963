"""``python -m tests.manifests.published FOLDER``: custom resources against the CRDs of their projects.

The CRDs are not part of this repository; ``.ci/cluster/crds FOLDER`` fetches them. A field that a CRD does
not list is an error, as with ``kubectl apply --validate=strict``. Exit 1 for a problem or a missing CRD.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import yaml

from tests.manifests.render import Manifest, all_rendered
from tests.manifests.schemas import CUSTOM, title
from tests.manifests.shapes import closed


def main(argv: Sequence[str] | None = None) -> int:
    """Check all objects; returns the exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) != 1:
        print("usage: python -m tests.manifests.published FOLDER", file=sys.stderr)
        return 2
    schemas = published(Path(arguments[0]))
    found, seen = set(), set()
    for origin, manifests in all_rendered().items():
        for manifest in manifests:
            kind = f"{manifest['apiVersion']} {manifest['kind']}"
            if kind in CUSTOM:
                seen.add(kind)
                found |= {
                    f"{origin}: {title(manifest)} {said}" for said in judge(manifest, schemas.get(kind))
                }
    print("\n".join([*sorted(found), f"{len(seen)} kinds checked, {len(found)} problems"]))
    return int(bool(found))


def published(folder: Path) -> dict[str, dict[str, Any]]:
    """The schemas of a folder of CRDs, by ``group/version kind``."""
    schemas = {}
    for path in sorted(folder.glob("*.yaml")):
        for crd in yaml.safe_load_all(path.read_text()):
            if crd and crd.get("kind") == "CustomResourceDefinition":
                spec = crd["spec"]
                for version in spec["versions"]:
                    key = f"{spec['group']}/{version['name']} {spec['names']['kind']}"
                    schemas[key] = closed(version["schema"]["openAPIV3Schema"])
    return schemas


def judge(manifest: Manifest, schema: dict[str, Any] | None) -> list[str]:
    """What is wrong with one object."""
    if schema is None:
        return ["has no CRD in the folder"]
    spec = schema["properties"]["spec"]
    errors = jsonschema.Draft7Validator(spec).iter_errors(manifest["spec"])
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in errors]


if __name__ == "__main__":
    sys.exit(main())
