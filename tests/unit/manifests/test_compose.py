"""compose.yaml beside the manifests: one set of images, files that are there, nothing that runs as root."""

from __future__ import annotations

from typing import Any

from tests.manifests.render import ROOT, Manifest, containers, read_yaml

COMPOSE: dict[str, Any] = read_yaml(ROOT / "compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("training", "gateway", "tensorflow-serving", "tensorflow-serving-gpu")


def test_images_are_those_of_the_clusters(cpu: tuple[Manifest, ...], gpu: tuple[Manifest, ...]) -> None:
    deployed = {container["image"] for manifest in (*cpu, *gpu) for container in containers(manifest)}
    assert {SERVICES[name]["image"] for name in OURS} <= deployed


def test_our_services_have_a_read_only_root_and_no_privilege() -> None:
    for name in OURS:
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["user"] == "10001:10001"
        assert service["cap_drop"] == ["ALL"]
        assert service["tmpfs"] == ["/tmp"]


def test_files_and_folders_that_are_mounted_are_there() -> None:
    volumes = [entry for service in SERVICES.values() for entry in service.get("volumes", [])]
    sources = {entry.split(":")[0] for entry in volumes}
    for source in sources:
        assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]


def test_the_model_server_gets_the_clusters_flags_but_for_what_a_cluster_needs(
    cpu: tuple[Manifest, ...],
) -> None:
    def flags(arguments: list[str]) -> set[str]:
        return {argument.partition("=")[0] for argument in arguments if argument.startswith("--")}

    server = next(
        m for m in cpu if (m["kind"], m["metadata"]["name"]) == ("Deployment", "tensorflow-serving")
    )
    in_cluster = flags(containers(server)[0]["args"])
    on_one_machine = flags(SERVICES["tensorflow-serving"]["entrypoint"])
    assert in_cluster - on_one_machine == {
        "--grpc_channel_arguments",
        "--tensorflow_intra_op_parallelism",
        "--tensorflow_inter_op_parallelism",
        "--model_config_file_poll_wait_seconds",
        "--enable_grpc_healthcheck_service",
    }
    assert on_one_machine <= in_cluster
    assert SERVICES["tensorflow-serving"]["init"] is True, "as process 1 it would ignore SIGTERM"


def test_the_gateway_starts_after_the_models_are_loaded() -> None:
    assert SERVICES["gateway"]["depends_on"] == {"tensorflow-serving": {"condition": "service_healthy"}}
    check = SERVICES["tensorflow-serving"]["healthcheck"]["test"][-1]
    models = SERVICES["gateway"]["environment"]["GATEWAY_MODELS"].split(",")
    assert "/dev/tcp/127.0.0.1/8501" in check
    assert not [model for model in models if model in check]


def test_the_model_server_is_reached_by_the_gateway_and_prometheus_only() -> None:
    services = COMPOSE["services"]
    assert COMPOSE["networks"]["models"]["internal"] is True
    servers = {name for name in services if name.startswith("tensorflow-serving")}
    assert {name for name in services if "models" in services[name].get("networks", [])} == {
        *servers,
        "gateway",
        "prometheus",
    }
    for name in servers:
        assert services[name]["networks"] == ["models"]
        assert "ports" not in services[name]


def test_nothing_listens_for_other_machines_unless_asked_to() -> None:
    published = [port for each in COMPOSE["services"].values() for port in each.get("ports", [])]
    assert published
    assert all(port.startswith(("127.0.0.1:", "${BIND:-127.0.0.1}:")) for port in published)
