"""The commands in manifests and compose file are ones that the programs take."""

from __future__ import annotations

import json

import pytest

from client.command.recognition import classify
from serving.model_server import flags
from tests.manifests.render import ROOT, Manifest, containers, from_text, read_yaml
from tests.unit.manifests.test_change_and_load import named, trains
from training.__main__ import parser
from training.distribution import worker


def test_training_takes_the_arguments_of_every_job(all_components: tuple[Manifest, ...]) -> None:
    jobs = [m for m in all_components if m["kind"] in ("Job", "CronJob", "JobSet") and trains(m)]
    assert len(jobs) == 6
    for job in jobs:
        training = next(container for container in containers(job) if container["name"] == "training")
        assert parser().parse_args(training["args"]).command == training["args"][0]


def test_the_model_server_takes_its_flags(gpu: tuple[Manifest, ...]) -> None:
    server = named(gpu, "Deployment", "tensorflow-serving")
    compose = read_yaml(ROOT / "compose.yaml")["services"]["tensorflow-serving"]
    for arguments in (containers(server)[0]["args"], compose["entrypoint"][1:]):
        _, unknown = flags.parse(arguments)
        assert unknown == []


@pytest.mark.parametrize("workers", [2, 5])
def test_workers_of_one_training_find_each_other(workers: int) -> None:
    kustomization = f"""
resources: [../../base]
components: [../../components/multi-worker-training]
patches:
  - target: {{kind: JobSet}}
    patch: '[{{"op": "replace", "path": "/spec/replicatedJobs/0/replicas", "value": {workers}}}]'
"""
    job_set = named(from_text(kustomization), "JobSet", "multi-worker-fashion-mnist")
    (replicated,) = job_set["spec"]["replicatedJobs"]
    training = containers(job_set)[0]
    # What JobSet calls the pods: NAME-JOB-INDEX-POD.SUBDOMAIN; and what it tells each of them.
    name, subdomain = job_set["metadata"]["name"], job_set["spec"]["network"]["subdomain"]
    port = training["ports"][0]["containerPort"]
    addresses = [f"{name}-{replicated['name']}-{index}-0.{subdomain}:{port}" for index in range(workers)]
    for index in range(workers):
        told = {"replicatedjob-replicas": str(replicated["replicas"]), "job-index": str(index)}
        this = worker({variable["name"]: value_of(variable, told) for variable in training["env"]})
        assert (this.index, this.count) == (index, workers)
        assert json.loads(this.tf_config)["cluster"]["worker"] == addresses


def value_of(variable: Manifest, told: dict[str, str]) -> str:
    """A variable's value, or that of the annotation it takes it from."""
    if "value" in variable:
        return str(variable["value"])
    path = variable["valueFrom"]["fieldRef"]["fieldPath"]
    return next(
        value for name, value in told.items() if path == f"metadata.annotations['jobset.sigs.k8s.io/{name}']"
    )


def test_every_shard_of_the_sweep_has_a_pod(all_components: tuple[Manifest, ...]) -> None:
    job = named(all_components, "Job", "sweep")
    training = next(container for container in containers(job) if container["name"] == "training")
    assert f"--shards={job['spec']['completions']}" in training["args"]
    assert job["spec"]["completionMode"] == "Indexed"


def test_every_share_of_the_pictures_has_a_pod_with_answers_of_its_own(
    all_components: tuple[Manifest, ...],
) -> None:
    job = named(all_components, "Job", "bulk-classification")
    (client,) = containers(job)
    pods = job["spec"]["completions"]
    results = set()
    for index in range(pods):
        arguments = [each.replace("$(JOB_COMPLETION_INDEX)", str(index)) for each in client["args"]]
        options = classify.make_context("classify", arguments[1:]).params
        assert (options["shard"], options["resume"]) == ((index, pods), True)
        results.add(options["results"])
    assert len(results) == pods
