"""A Job from standard input under another name and with further arguments, on standard output."""

from __future__ import annotations

import json
import sys


def again(job: dict[str, object], name: str, arguments: list[str]) -> dict[str, object]:
    """The Job as it was applied, without what the API server added."""
    spec = json.loads(json.dumps(job["spec"]))
    for added in ("selector", "manualSelector"):
        spec.pop(added, None)
    labels = spec["template"]["metadata"]["labels"]
    spec["template"]["metadata"]["labels"] = {
        key: value for key, value in labels.items() if key.startswith("app.kubernetes.io/")
    }
    spec["template"]["spec"]["containers"][0]["args"] += arguments
    old = job["metadata"]
    metadata = {"name": name, "namespace": old["namespace"], "labels": old["labels"]}  # type: ignore[index]
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


if __name__ == "__main__":
    print(json.dumps(again(json.load(sys.stdin), sys.argv[1], sys.argv[2:])))
