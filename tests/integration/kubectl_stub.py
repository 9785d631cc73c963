"""A stand-in for kubectl: the ConfigMap is a file that real servers read, the proxy their real REST port.

``STUB_FOLDER`` holds ``cluster.json``, with ``data`` and ``metadata`` of the ConfigMap and the REST port of
each pod in ``pods``.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.request
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Answer the few commands that ``serving.cluster`` gives."""
    folder = Path(os.environ["STUB_FOLDER"])
    state = json.loads((folder / "cluster.json").read_text())
    match arguments[2:]:
        case ["get", "configmap", "tensorflow-serving-models", "--output=json"]:
            print(json.dumps({"data": state["data"], "metadata": state["metadata"]}))
        case ["patch", "configmap", "tensorflow-serving-models", "--type=merge", patch]:
            changed = json.loads(patch.removeprefix("--patch="))
            state["data"].update(changed["data"])
            state["metadata"].setdefault("annotations", {}).update(changed["metadata"]["annotations"])
            (folder / "cluster.json").write_text(json.dumps(state))
            aside = folder / "models.config.new"
            aside.write_text(state["data"]["models.config"])
            aside.replace(folder / "models.config")
        case ["get", "pods", "--selector=app.kubernetes.io/name=tensorflow-serving", "--output=json"]:
            pods = [{"metadata": {"name": name}, "status": {"phase": "Running"}} for name in state["pods"]]
            leaving = {
                "metadata": {"name": "leaving", "deletionTimestamp": "now"},
                "status": {"phase": "Running"},
            }
            print(json.dumps({"items": [*pods, leaving]}))
        case ["get", "--raw", path]:
            pod, rest = re.fullmatch(r"/api/v1/namespaces/mnist/pods/([\w-]+):8501/proxy(/.*)", path).groups()  # type: ignore[union-attr]
            with urllib.request.urlopen(f"http://127.0.0.1:{state['pods'][pod]}{rest}") as reply:
                print(reply.read().decode())
        case other:
            print(f"error: the stub knows no {other}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
