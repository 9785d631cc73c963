"""The scripts for clusters and images, run to their end with stand-ins for the programs they call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.manifests.render import ROOT, all_rendered, containers, read_yaml

VERSION = "0.2.0"
# Answers to the calls whose answers matter; everything else succeeds and says nothing.
STAND_IN = """#!{python}
import json, os, sys
sys.stdin.read()
call = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(call) + "\\n")
for words, answer, status in json.loads(os.environ["ANSWERS"]):
    if all(word in " ".join(call) for word in words):
        print(answer)
        sys.exit(status)
"""


class Desk:
    """Stand-ins on PATH, and what was asked of them."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder, self.calls = folder, folder / "calls"
        self.calls.touch()
        for name in names:
            program = folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(STAND_IN.format(python=sys.executable))
            program.chmod(0o755)

    def run(
        self,
        script: str,
        *arguments: str,
        answers: list[tuple[list[str], str, int]] | None = None,
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of the repository."""
        environ = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "CALLS": str(self.calls),
            "ANSWERS": json.dumps(answers or []),
            "PYTHON": str(self.folder / "bin" / "python"),
            "BUILD_IMAGES": "",
            "KEY": str(self.folder / "key"),
        }
        return subprocess.run(
            [str(ROOT / script), *arguments],
            env=environ | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def asked(self) -> list[str]:
        """The calls, each in one line."""
        return [" ".join(json.loads(line)) for line in self.calls.read_text().splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, "kubectl", "kind", "minikube", "k3d", "helm", "docker", "buildah", "curl", "python")


def test_images_get_the_tags_that_the_manifests_name(desk: Desk) -> None:
    assert desk.run("tests/images/build").returncode == 0
    assert desk.run("tests/images/build", "train-gpu").returncode == 0
    built = {
        word for call in desk.asked() for word in call.split() if word.startswith("mnist-") and ":" in word
    }
    named = {
        container["image"]
        for manifests in all_rendered().values()
        for manifest in manifests
        for container in containers(manifest)
        if container["image"].startswith("mnist-")
    }
    assert named <= built
    assert "mnist-train:0.2.0-gpu" in built
    gpu = next(call for call in desk.asked() if "-gpu" in call)
    assert "--build-arg LOCK=training-gpu.lock" in gpu


def test_an_image_that_is_not_known_is_refused(desk: Desk) -> None:
    done = desk.run("tests/images/build", "gatway")
    assert done.returncode == 2
    assert "there is no image gatway" in done.stderr


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("kind", "kind load docker-image {images} --name kind"),
        ("minikube", "minikube image load mnist-gateway:0.2.0 --profile minikube"),
        ("k3d", "k3d image import {images} --cluster k3s-default"),
    ],
)
def test_images_are_loaded_into_every_kind_of_cluster(desk: Desk, kind: str, command: str) -> None:
    assert desk.run("k8s/load-images", kind).returncode == 0
    images = " ".join(f"mnist-{name}:{VERSION}" for name in ("gateway", "standalone", "client", "train"))
    assert command.format(images=images) in desk.asked()


def test_images_that_buildah_made_are_brought_to_docker_first(desk: Desk) -> None:
    done = desk.run("k8s/load-images", "kind", answers=[(["docker", "image", "inspect"], "", 1)])
    assert done.returncode == 0, done.stderr
    pushed = [call for call in desk.asked() if call.startswith("buildah push")]
    assert pushed[0] == "buildah push -q localhost/mnist-gateway:0.2.0 docker-daemon:mnist-gateway:0.2.0"
    assert desk.run("k8s/load-images", "nowhere").returncode == 2


LABEL = '{"label": "7", "status": "ok"}'
JOB = {
    "metadata": {
        "name": "train-mnist",
        "namespace": "mnist",
        "labels": {"app.kubernetes.io/name": "training"},
    },
    "spec": {
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "1"}},
        "template": {
            "metadata": {"labels": {"app.kubernetes.io/name": "training", "job-name": "train-mnist"}},
            "spec": {"containers": [{"name": "training", "args": ["train"]}]},
        },
    },
}
UP = {
    "data": {
        "result": [{"metric": {"job": job}, "value": [0, "1"]} for job in ("gateway", "tensorflow-serving")]
    }
}


@pytest.mark.parametrize(
    ("script", "marks"),
    [
        (
            "create",
            ["kind create cluster --name mnist", "helm upgrade --install traefik", "kind load docker-image"],
        ),
        ("deploy-local", ["kubectl apply -k k8s/overlays/local", "job/train-mnist", "kubectl diff -k"]),
        ("classify", ["create ingress test", "Host: mnist.test"]),
        (
            "deploy-cpu",
            ["kube-prometheus-stack", "cert-manager", "k8s/storage/read-write-once", "job/first-mnist"],
        ),
        ("describe", ["get all,pvc", "describe pod/one"]),
    ],
)
def test_a_step_of_the_cluster_workflow_runs_to_its_end(desk: Desk, script: str, marks: list[str]) -> None:
    answers = [(["curl", "classify"], LABEL, 0), (["get", "pods", "-o", "name"], "pod/one", 0)]
    done = desk.run(f".ci/cluster/{script}", answers=answers)
    assert done.returncode == 0, done.stderr
    asked = "\n".join(desk.asked())
    places = [asked.find(mark) for mark in marks]
    assert -1 not in places, (marks, asked)
    assert places == sorted(places), "in this order"


def test_models_are_switched_under_load_and_back(desk: Desk) -> None:
    desk_python = desk.folder / "bin" / "python"
    desk_python.unlink()
    desk_python.write_text(
        "#!/bin/sh\n"
        f'case "$1" in -m) echo "$@" >> {desk.folder}/cluster;; *) exec {sys.executable} "$@";; esac\n'
    )
    desk_python.chmod(0o755)
    answers = [(["get", "job", "train-mnist"], json.dumps(JOB), 0)]
    done = desk.run(".ci/cluster/roll-model", answers=answers)
    assert done.returncode == 0, done.stderr
    switched = [line.split()[2:5] for line in (desk.folder / "cluster").read_text().splitlines()]
    assert switched == [
        ["promote", "mnist", "1"],
        ["promote", "mnist", "2"],
        ["promote", "mnist", "2"],
        ["rollback", "mnist", "--namespace"],
        ["list", "--namespace", "mnist"],
    ]
    asked = desk.asked()
    caller = next(place for place, call in enumerate(asked) if " run load-" in call)
    stopped = next(place for place, call in enumerate(asked) if " exec load-" in call)
    assert caller < stopped
    json.loads(asked[caller].partition("--overrides=")[2])


def test_a_failed_request_under_load_fails_the_step(desk: Desk) -> None:
    answers = [(["jsonpath={.status.phase}=Succeeded"], "", 1)]
    assert desk.run(".ci/cluster/under-load", "true", answers=answers).returncode == 1
    assert desk.run(".ci/cluster/under-load", "false").returncode == 1
    assert desk.run(".ci/cluster/roll-gateway").returncode == 0


def test_the_production_overlay_is_checked_as_callers_and_prometheus_see_it(desk: Desk) -> None:
    (desk.folder / "bin" / "python").unlink()
    (desk.folder / "bin" / "python").symlink_to(sys.executable)
    key = desk.folder / "key"
    key.write_text("secret\n")
    answers = [
        (["classify", "Bearer secret"], LABEL, 0),
        (["curl", "classify"], "", 22),
        (["query?query=up"], json.dumps(UP), 0),
        (["api/v1/rules"], "AvailabilityBurnsFast", 0),
    ]
    done = desk.run(".ci/cluster/check-cpu", answers=answers, PYTHON=sys.executable, KEY=str(key))
    assert done.returncode == 0, done.stderr
    assert any("get pvc model-store training-runs" in call for call in desk.asked())
    open_door = [(["curl", "classify"], LABEL, 0), *answers[2:]]
    assert (
        desk.run(".ci/cluster/check-cpu", answers=open_door, PYTHON=sys.executable, KEY=str(key)).returncode
        == 1
    )


def test_a_job_is_made_again_without_what_the_api_server_added() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci/cluster/again.py"), "again", "--seed=2"],
        input=json.dumps(JOB),
        capture_output=True,
        text=True,
        check=True,
    )
    made = json.loads(done.stdout)
    assert made["metadata"]["name"] == "again"
    assert "selector" not in made["spec"]
    assert made["spec"]["template"]["metadata"]["labels"] == {"app.kubernetes.io/name": "training"}
    assert made["spec"]["template"]["spec"]["containers"][0]["args"] == ["train", "--seed=2"]


def test_the_caller_of_the_cluster_tests_keeps_to_the_namespaces_profile() -> None:
    pod = json.loads((ROOT / ".ci/cluster/caller.json").read_text())["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    compile(pod["containers"][0]["command"][2], "caller", "exec")


def test_the_workflows_run_every_step_there_is() -> None:
    workflow = read_yaml(ROOT / ".github/workflows/cluster.yaml")
    run = {step.get("run") for job in workflow["jobs"].values() for step in job["steps"]}
    steps = {
        path.name for path in (ROOT / ".ci/cluster").iterdir() if path.is_file() and os.access(path, os.X_OK)
    }
    # under-load is a part of others, and crds needs no cluster: workflow ci.
    assert {f".ci/cluster/{name}" for name in steps - {"under-load", "crds"}} <= run
