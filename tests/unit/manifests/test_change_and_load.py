"""Rollouts, ends, scaling and who may call whom: what keeps requests whole while things change."""

from __future__ import annotations

from collections.abc import Iterable

from tests.manifests.render import Manifest, containers, pod_spec


def named(manifests: Iterable[Manifest], kind: str, name: str) -> Manifest:
    """The one object of that kind and name."""
    return next(m for m in manifests if (m["kind"], m["metadata"]["name"]) == (kind, name))


def pre_stop(deployment: Manifest) -> int:
    """Seconds that a pod goes on after it was told to end."""
    container = pod_spec(deployment)["containers"][0]
    return int(container["lifecycle"]["preStop"]["sleep"]["seconds"])


def test_rollouts_never_go_below_the_wanted_number(cpu: tuple[Manifest, ...]) -> None:
    for name in ("gateway", "tensorflow-serving"):
        strategy = named(cpu, "Deployment", name)["spec"]["strategy"]
        assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_the_gateway_has_time_to_finish_what_it_began(cpu: tuple[Manifest, ...]) -> None:
    settings = next(m for m in cpu if m["metadata"]["name"].startswith("gateway-settings-"))["data"]
    gateway = named(cpu, "Deployment", "gateway")
    drain, grace = (float(settings[f"GATEWAY_{name}_SECONDS"]) for name in ("DRAIN", "GRACE"))
    assert pre_stop(gateway) + drain + grace < pod_spec(gateway)["terminationGracePeriodSeconds"]
    assert float(settings["GATEWAY_DEADLINE_SECONDS"]) < grace


def test_gateways_leave_a_model_server_before_it_ends(cpu: tuple[Manifest, ...]) -> None:
    server = named(cpu, "Deployment", "tensorflow-serving")
    flags = dict(argument.partition("=")[::2] for argument in pod_spec(server)["containers"][0]["args"])
    arguments = dict(pair.split("=") for pair in flags["--grpc_channel_arguments"].split(","))
    # gRPC spreads the age by a tenth either way; the last call may take the gateway's deadline.
    last_answer = 1.1 * int(arguments["grpc.max_connection_age_ms"]) / 1000 + 5
    assert last_answer < pre_stop(server) < pod_spec(server)["terminationGracePeriodSeconds"]


def test_the_model_server_can_be_told_to_end(cpu: tuple[Manifest, ...]) -> None:
    pod = pod_spec(named(cpu, "Deployment", "tensorflow-serving"))
    assert pod["containers"][0]["command"] == ["/usr/bin/tensorflow_model_server"], "no shell in between"
    assert pod["shareProcessNamespace"] is True, "as process 1 it would ignore SIGTERM"


def test_the_gateways_see_every_model_server(cpu: tuple[Manifest, ...]) -> None:
    assert named(cpu, "Service", "tensorflow-serving")["spec"]["clusterIP"] == "None"


def test_only_gateways_ask_the_model_server_for_predictions(cpu: tuple[Manifest, ...]) -> None:
    policy = named(cpu, "NetworkPolicy", "tensorflow-serving")["spec"]
    rules = [rule["from"] for rule in policy["ingress"] if {"port": "grpc"} in rule["ports"]]
    assert rules == [[{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "gateway"}}}]]
    assert policy["egress"] == []


def test_what_no_policy_allows_is_denied(cpu: tuple[Manifest, ...]) -> None:
    spec = named(cpu, "NetworkPolicy", "default-deny")["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_autoscaled_deployments_have_no_fixed_number_of_replicas(cpu: tuple[Manifest, ...]) -> None:
    scaled = {m["spec"]["scaleTargetRef"]["name"] for m in cpu if m["kind"] == "HorizontalPodAutoscaler"}
    assert scaled == {"gateway", "tensorflow-serving"}
    for name in scaled:
        assert "replicas" not in named(cpu, "Deployment", name)["spec"]


def test_a_refused_model_is_not_tried_again_and_an_evicted_job_is(
    all_components: tuple[Manifest, ...],
) -> None:
    jobs = [m for m in all_components if m["kind"] in ("Job", "CronJob")]
    assert len(jobs) == 6
    for job in jobs:
        policy = job["spec"].get("jobTemplate", job)["spec"]["podFailurePolicy"]
        rules = {rule["action"]: rule for rule in policy["rules"]}
        assert rules["FailJob"]["onExitCodes"]["values"] == [2, 3]
        assert rules["Ignore"]["onPodConditions"][0]["type"] == "DisruptionTarget"


def test_with_an_object_store_the_copy_follows_the_training(all_components: tuple[Manifest, ...]) -> None:
    pod = pod_spec(named(all_components, "Job", "train-mnist"))
    assert [container["name"] for container in pod["initContainers"]] == ["ledger", "training"]
    assert [container["name"] for container in pod["containers"]] == ["publish"]


def test_job_and_cron_job_share_one_pod(all_components: tuple[Manifest, ...]) -> None:
    assert pod_spec(named(all_components, "Job", "train-mnist")) == pod_spec(
        named(all_components, "CronJob", "retrain-mnist")
    )


def test_the_gate_of_every_training_asks_the_configuration_that_the_model_servers_have(
    all_components: tuple[Manifest, ...],
) -> None:
    server = pod_spec(named(all_components, "Deployment", "tensorflow-serving"))
    (theirs,) = [v["configMap"]["name"] for v in server["volumes"] if v["name"] == "configuration"]
    jobs = [
        m for m in all_components if m["kind"] in ("Job", "CronJob") and "sweep" not in m["metadata"]["name"]
    ]
    assert jobs
    for job in jobs:
        pod = pod_spec(job)
        training = next(c for c in containers(job) if c["name"] == "training")
        assert "--models-config=/etc/tensorflow-serving/models.config" in training["args"]
        (mounted,) = [m for m in training["volumeMounts"] if m["mountPath"] == "/etc/tensorflow-serving"]
        (volume,) = [v for v in pod["volumes"] if v["name"] == mounted["name"]]
        assert volume["configMap"]["name"] == theirs
