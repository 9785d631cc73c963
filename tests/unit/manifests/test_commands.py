"""The commands in manifests and compose file are ones that the programs take."""

from __future__ import annotations

import json

from serving.model_server import flags
from tests.manifests.render import ROOT, Manifest, containers, read_yaml
from tests.unit.manifests.test_change_and_load import named
from training.__main__ import parser
from training.distribution import Worker, worker


def test_training_takes_the_arguments_of_every_job(all_components: tuple[Manifest, ...]) -> None:
    jobs = [m for m in all_components if m["kind"] in ("Job", "CronJob")]
    for job in jobs:
        training = next(container for container in containers(job) if container["name"] == "training")
        assert parser().parse_args(training["args"]).command == training["args"][0]


def test_the_model_server_takes_its_flags(gpu: tuple[Manifest, ...]) -> None:
    server = named(gpu, "Deployment", "tensorflow-serving")
    compose = read_yaml(ROOT / "compose.yaml")["services"]["tensorflow-serving"]
    for arguments in (containers(server)[0]["args"], compose["entrypoint"][1:]):
        _, unknown = flags.parse(arguments)
        assert unknown == []


def test_workers_of_one_training_find_each_other(all_components: tuple[Manifest, ...]) -> None:
    job = named(all_components, "Job", "multi-worker-fashion-mnist")
    service = job["spec"]["template"]["spec"]["subdomain"]
    assert named(all_components, "Service", service)["spec"]["clusterIP"] == "None"
    training = next(container for container in containers(job) if container["name"] == "training")
    template = next(v["value"] for v in training["env"] if v["name"] == "TF_CONFIG")
    for index in range(job["spec"]["completions"]):
        text = template.replace("$(TASK_INDEX)", str(index))
        assert worker({"TF_CONFIG": text}) == Worker(index, job["spec"]["completions"])
        port = training["ports"][0]["containerPort"]
        host = f"{job['metadata']['name']}-{index}.{service}:{port}"
        assert json.loads(text)["cluster"]["worker"][index] == host


def test_every_shard_of_the_sweep_has_a_pod(all_components: tuple[Manifest, ...]) -> None:
    job = named(all_components, "Job", "sweep")
    training = next(container for container in containers(job) if container["name"] == "training")
    assert f"--shards={job['spec']['completions']}" in training["args"]
    assert job["spec"]["completionMode"] == "Indexed"
