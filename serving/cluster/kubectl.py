"""Access to a cluster by ``kubectl``, with the caller's own rights."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from serving.cluster.models import ClusterError, NoAnswer

CONFIG_MAP, FILE = "tensorflow-serving-models", "models.config"
SELECTOR = "app.kubernetes.io/name=tensorflow-serving"
REST_PORT = 8501
_SECONDS = 30


class Kubectl:
    """One namespace of the cluster that kubectl's configuration points to."""

    def __init__(self, namespace: str, command: str = "kubectl") -> None:
        self._start = [command, "--namespace", namespace]
        self._namespace = namespace

    def config_map(self) -> dict[str, Any]:
        """The ConfigMap with the file of models."""
        found: dict[str, Any] = json.loads(self._run("get", "configmap", CONFIG_MAP, "--output=json"))
        return found

    def replace(self, text: str, annotations: dict[str, str]) -> None:
        """Change the file of models, and add an annotation."""
        patch = {"data": {FILE: text}, "metadata": {"annotations": annotations}}
        self._run("patch", "configmap", CONFIG_MAP, "--type=merge", f"--patch={json.dumps(patch)}")

    def replicas(self) -> list[str]:
        """The model servers' pods that are running and not terminating."""
        found = json.loads(self._run("get", "pods", f"--selector={SELECTOR}", "--output=json"))
        return sorted(
            pod["metadata"]["name"]
            for pod in found["items"]
            if "deletionTimestamp" not in pod["metadata"] and pod["status"].get("phase") == "Running"
        )

    def versions(self, pod: str, model: str) -> dict[int, tuple[str, str]]:
        """State and error message of each version that a replica knows.

        Raises:
            NoAnswer: the replica does not answer.
        """
        path = f"/api/v1/namespaces/{self._namespace}/pods/{pod}:{REST_PORT}/proxy/v1/models/{model}"
        try:
            found = json.loads(self._run("get", "--raw", path))["model_version_status"]
        except ClusterError as error:
            raise NoAnswer(f"{pod} does not report {model}: {error}") from error
        return {
            int(each["version"]): (each["state"], each.get("status", {}).get("error_message", ""))
            for each in found
        }

    def _run(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                [*self._start, *arguments], capture_output=True, text=True, check=False, timeout=_SECONDS
            )
        except FileNotFoundError as error:
            raise ClusterError("kubectl is not on PATH") from error
        except subprocess.TimeoutExpired as error:
            raise ClusterError(f"the cluster did not answer within {_SECONDS} s") from error
        if done.returncode:
            raise ClusterError(done.stderr.strip() or f"kubectl exited with status {done.returncode}")
        return done.stdout
