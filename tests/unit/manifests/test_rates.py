"""The shared counter of rates: gateways find it, and its program takes its arguments."""

from __future__ import annotations

import subprocess
import time

import redis

from serving.stack.processes import free_port
from tests.manifests.render import Manifest, pod_spec, with_components
from tests.unit.manifests.test_change_and_load import named


def settings_of(manifests: tuple[Manifest, ...]) -> dict[str, str]:
    found = next(m for m in manifests if m["metadata"]["name"].startswith("gateway-settings-"))
    return dict(found["data"])


def test_gateways_count_where_the_component_listens() -> None:
    manifests = with_components("base", ("rate-limits",))
    service = named(manifests, "Service", "rate-limits")
    port = service["spec"]["ports"][0]["port"]
    assert settings_of(manifests)["GATEWAY_RATE_LIMIT_STORAGE"] == f"redis://rate-limits:{port}"
    container = pod_spec(named(manifests, "Deployment", "rate-limits"))["containers"][0]
    assert container["args"][:2] == ["--port", str(port)]
    assert container["ports"][0] == {"name": "redis", "containerPort": port, "protocol": "TCP"}


def test_a_real_server_takes_the_components_arguments_and_forgets_what_ends_first() -> None:
    manifests = with_components("base", ("rate-limits",))
    arguments = pod_spec(named(manifests, "Deployment", "rate-limits"))["containers"][0]["args"]
    port = free_port()
    # Valkey takes Redis' arguments; of the two, Debian has Redis.
    process = subprocess.Popen(
        ["redis-server", "--bind", "127.0.0.1", *arguments, "--port", str(port)], stdout=subprocess.DEVNULL
    )
    try:
        with redis.Redis(port=port) as client:
            answers(client)
            assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "volatile-ttl"
            assert client.config_get("save")["save"] == ""
            assert client.config_get("maxmemory")["maxmemory"] == str(48 * 2**20)
    finally:
        process.kill()
        process.wait()


def answers(client: redis.Redis) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + 20
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            assert time.monotonic() < end, "redis-server does not answer"
            time.sleep(0.02)
        else:
            return
