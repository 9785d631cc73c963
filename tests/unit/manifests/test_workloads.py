"""What every workload has: the restricted profile, limits, probes, a budget, room to spread."""

from __future__ import annotations

import json

from tests.manifests.render import Manifest, containers, pod_spec


def selected(selector: Manifest, labels: Manifest) -> bool:
    """Whether a plain ``matchLabels`` selector takes these labels."""
    return bool(selector.get("matchLabels")) and selector["matchLabels"].items() <= labels.items()


def test_pods_keep_to_the_restricted_profile(workloads: list[Manifest]) -> None:
    for workload in workloads:
        pod = pod_spec(workload)
        asks_the_api_server = pod["serviceAccountName"] == "restart-for-certificates"
        assert pod["automountServiceAccountToken"] is asks_the_api_server
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_containers_have_a_read_only_root_and_no_privilege(workloads: list[Manifest]) -> None:
    for workload in workloads:
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_no_service_of_the_namespace_gets_into_the_environment(workloads: list[Manifest]) -> None:
    # The service "gateway" would set GATEWAY_PORT=tcp://... in every pod, which is a setting's name.
    for workload in workloads:
        assert pod_spec(workload)["enableServiceLinks"] is False


def test_containers_have_requests_limits_and_a_fixed_tag(workloads: list[Manifest]) -> None:
    for workload in workloads:
        for container in containers(workload):
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
            assert container["resources"]["limits"].keys() >= {"cpu", "memory"}
            assert container["image"].rpartition(":")[2][0].isdigit(), container["image"]


def test_mounts_have_volumes_and_settings_cannot_be_written(workloads: list[Manifest]) -> None:
    for workload in workloads:
        volumes = {volume["name"]: volume for volume in pod_spec(workload).get("volumes", [])}
        for container in containers(workload):
            for mount in container.get("volumeMounts", []):
                if volumes[mount["name"]].keys() & {"configMap", "secret"}:
                    assert mount["readOnly"] is True


def test_model_servers_cannot_write_models(deployments: list[Manifest]) -> None:
    servers = [m for m in deployments if m["metadata"]["name"] == "tensorflow-serving"]
    for server in servers:
        mounts = {mount["name"]: mount for mount in pod_spec(server)["containers"][0]["volumeMounts"]}
        assert mounts["models"]["readOnly"] is True


def test_deployments_have_three_probes_on_named_ports(deployments: list[Manifest]) -> None:
    for workload in deployments:
        container = pod_spec(workload)["containers"][0]
        ports = {port["name"] for port in container["ports"]}
        numbers = {port["containerPort"] for port in container["ports"]}
        probes = [container[f"{name}Probe"] for name in ("startup", "readiness", "liveness")]
        asked = [
            probe.get(how, {}).get("port", "") for probe in probes for how in ("httpGet", "tcpSocket", "grpc")
        ]
        assert {port for port in asked if port} <= ports | numbers
        assert probes[1] != probes[2], "ready and alive are two questions"


def test_the_model_servers_probes_name_no_model(cpu: tuple[Manifest, ...]) -> None:
    server = next(
        m for m in cpu if (m["kind"], m["metadata"]["name"]) == ("Deployment", "tensorflow-serving")
    )
    container = pod_spec(server)["containers"][0]
    settings = next(m for m in cpu if m["metadata"]["name"].startswith("gateway-settings-"))
    probes = json.dumps([container[f"{name}Probe"] for name in ("startup", "readiness", "liveness")])
    assert not [model for model in settings["data"]["GATEWAY_MODELS"].split(",") if model in probes]
    # The port of gRPC opens once the models are loaded; the health service is off by default.
    for name in ("startup", "readiness"):
        assert container[f"{name}Probe"]["grpc"] == {"port": 8500}
    assert "--enable_grpc_healthcheck_service=true" in container["args"]


def test_what_the_api_server_would_add_is_written_out(workloads: list[Manifest]) -> None:
    for workload in workloads:
        if workload["kind"] == "Deployment":
            assert workload["spec"]["strategy"]["type"] == "RollingUpdate"
        for container in containers(workload):
            assert all(port["protocol"] == "TCP" for port in container.get("ports", []))
        job = workload["spec"].get("jobTemplate", workload)["spec"]
        for rule in job.get("podFailurePolicy", {}).get("rules", []):
            assert all(condition["status"] == "True" for condition in rule.get("onPodConditions", []))


def test_ports_of_services_and_policies_name_their_protocol(all_components: tuple[Manifest, ...]) -> None:
    services = [port for m in all_components if m["kind"] == "Service" for port in m["spec"]["ports"]]
    policies = [m["spec"] for m in all_components if m["kind"] == "NetworkPolicy"]
    rules = [rule for spec in policies for way in ("ingress", "egress") for rule in spec.get(way, [])]
    assert all(
        "protocol" in port for port in (*services, *(port for rule in rules for port in rule["ports"]))
    )
    # The API server drops an empty list, so that every apply would change it.
    assert not [spec for spec in policies if spec.get("egress") == [] or spec.get("ingress") == []]


def test_deployments_spread_over_nodes_and_zones(deployments: list[Manifest]) -> None:
    for workload in deployments:
        spread = pod_spec(workload)["topologySpreadConstraints"]
        keys = {constraint["topologyKey"] for constraint in spread}
        assert keys == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert all(selected(constraint["labelSelector"], labels) for constraint in spread)


def test_each_deployment_has_one_budget_and_one_service(all_components: tuple[Manifest, ...]) -> None:
    budgets = [m["spec"]["selector"] for m in all_components if m["kind"] == "PodDisruptionBudget"]
    services = [{"matchLabels": m["spec"]["selector"]} for m in all_components if m["kind"] == "Service"]
    for workload in (m for m in all_components if m["kind"] == "Deployment"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert selected(workload["spec"]["selector"], labels)
        assert len([selector for selector in budgets if selected(selector, labels)]) == 1
        assert len([selector for selector in services if selected(selector, labels)]) == 1
