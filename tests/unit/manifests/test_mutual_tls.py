"""TLS between gateway and model server: the script's configuration, used by a real server and client."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import HealthServicer

from serving.gateway.settings.settings import Settings
from tests.manifests.render import ROOT, Manifest, pod_spec, with_components
from tests.unit.manifests.test_change_and_load import named

SCRIPT = ROOT / "k8s/components/model-server-tls/ssl-config.sh"


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What cert-manager puts into the two secrets, in folders ``server`` and ``client``; and a stranger's."""
    folder = tmp_path_factory.mktemp("certificates")
    for authority in ("ca", "other"):
        openssl(
            folder,
            "req",
            "-x509",
            *new_key(f"{authority}.key"),
            "-out",
            f"{authority}.crt",
            "-subj",
            "/CN=mnist",
        )
    for name, authority in (("server", "ca"), ("client", "ca"), ("stranger", "other")):
        (folder / name).mkdir()
        (folder / "names").write_text("subjectAltName=DNS:tensorflow-serving")
        openssl(folder, "req", *new_key(f"{name}/tls.key"), "-out", "request", "-subj", f"/CN={name}")
        signing = ["x509", "-req", "-in", "request", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key"]
        openssl(folder, *signing, "-CAcreateserial", "-extfile", "names", "-out", f"{name}/tls.crt")
        (folder / name / "ca.crt").write_bytes((folder / "ca.crt").read_bytes())
    return folder


def new_key(file: str) -> list[str]:
    """The options for a new key of the kind that the component asks for."""
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file]


@pytest.fixture(scope="module")
def config(certificates: Path) -> dict[str, Any]:
    """What TensorFlow Serving reads: one field a line, with escapes that JSON has as well."""
    target = certificates / "ssl.config"
    environ = {**os.environ, "CERTIFICATES": str(certificates / "server"), "TARGET": str(target)}
    subprocess.run(["bash", str(SCRIPT)], env=environ, check=True)
    assert target.stat().st_mode & 0o077 == 0
    lines = (line.partition(": ") for line in target.read_text().splitlines())
    return {field: json.loads(value) for field, _, value in lines}


def test_the_configuration_holds_the_certificates_byte_for_byte(
    certificates: Path, config: dict[str, Any]
) -> None:
    for field, file in (("server_key", "tls.key"), ("server_cert", "tls.crt"), ("custom_ca", "ca.crt")):
        assert config[field] == (certificates / "server" / file).read_text()
    assert config["client_verify"] is True


@pytest.mark.parametrize(("who", "let_in"), [("client", True), ("stranger", False), ("", False)])
def test_only_who_has_a_certificate_of_the_same_issuer_is_let_in(
    certificates: Path, config: dict[str, Any], who: str, let_in: bool
) -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    servicer = HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    pair = (config["server_key"].encode(), config["server_cert"].encode())
    port = server.add_secure_port(
        "127.0.0.1:0",
        grpc.ssl_server_credentials([pair], config["custom_ca"].encode(), config["client_verify"]),
    )
    server.start()
    own = [(certificates / who / name).read_bytes() if who else None for name in ("tls.key", "tls.crt")]
    credentials = grpc.ssl_channel_credentials((certificates / "client/ca.crt").read_bytes(), *own)
    name = (("grpc.ssl_target_name_override", "tensorflow-serving"),)
    try:
        with grpc.secure_channel(f"127.0.0.1:{port}", credentials, name) as channel:
            check = health_pb2_grpc.HealthStub(channel).Check
            if let_in:
                assert check(health_pb2.HealthCheckRequest(), timeout=10).status == 1
            else:
                with pytest.raises(grpc.RpcError):
                    check(health_pb2.HealthCheckRequest(), timeout=10)
    finally:
        server.stop(None)


def test_both_sides_are_given_what_they_need(tmp_path: Path) -> None:
    manifests = with_components("base", ("model-server-tls",))
    gateway, server = (named(manifests, "Deployment", name) for name in ("gateway", "tensorflow-serving"))
    found = next(m for m in manifests if m["metadata"]["name"].startswith("gateway-settings-"))["data"]
    folder = mount_of(gateway, "client-tls")
    for name in ("tls.crt", "tls.key", "ca.crt"):
        (tmp_path / name).write_text("x")
    settings = Settings.from_env({key: value.replace(folder, str(tmp_path)) for key, value in found.items()})
    assert settings.model_server_tls
    assert (
        settings.model_server_name
        in named(manifests, "Certificate", "tensorflow-serving-tls")["spec"]["dnsNames"]
    )
    arguments = pod_spec(server)["containers"][0]["args"]
    assert f"--ssl_config_file={mount_of(server, 'ssl')}/ssl.config" in arguments
    # The kubelet has no certificate to ask with.
    assert "grpc" not in pod_spec(server)["containers"][0]["readinessProbe"]


def mount_of(deployment: Manifest, volume: str) -> str:
    """Where a container sees a volume."""
    mounts = pod_spec(deployment)["containers"][0]["volumeMounts"]
    return str(next(mount["mountPath"] for mount in mounts if mount["name"] == volume))
