"""The overlay for KServe: each model has a server and a gateway that agree on its name and address."""

from __future__ import annotations

import re

import pytest

from tests.manifests.render import Manifest, containers, pod_spec
from tests.unit.manifests.test_change_and_load import named

MODELS = {"mnist": "mnist", "fashion-mnist": "fashion_mnist"}


def settings_of(manifests: tuple[Manifest, ...], gateway: str) -> dict[str, str]:
    """The settings that a gateway's pods are given."""
    source = pod_spec(named(manifests, "Deployment", gateway))["containers"][0]["envFrom"][0]
    return dict(named(manifests, "ConfigMap", source["configMapRef"]["name"])["data"])


@pytest.mark.parametrize(("name", "model"), MODELS.items())
def test_a_gateway_asks_its_models_server_by_the_name_it_serves(
    kserve: tuple[Manifest, ...], name: str, model: str
) -> None:
    served = named(kserve, "InferenceService", name)["spec"]["predictor"]["model"]
    settings = settings_of(kserve, f"gateway-{name}")
    assert settings["GATEWAY_MODELS"] == model
    assert served["env"] == [{"name": "MODEL_NAME", "value": model}]
    assert served["storageUri"].endswith(f"/{model}")
    # KServe calls the service so, and gives port 80 to the first port of the runtime.
    assert settings["GATEWAY_MODEL_SERVER"] == f"{name}-predictor:80"


def test_the_runtime_serves_grpc_on_its_first_port_with_the_image_of_the_other_overlays(
    kserve: tuple[Manifest, ...], cpu: tuple[Manifest, ...]
) -> None:
    runtime = named(kserve, "ServingRuntime", "tensorflow-serving")["spec"]["containers"][0]
    flags = dict(argument.partition("=")[::2] for argument in runtime["args"])
    assert flags["--port"] == str(runtime["ports"][0]["containerPort"])
    assert flags["--model_name"] == "$(MODEL_NAME)"
    assert runtime["image"] == containers(named(cpu, "Deployment", "tensorflow-serving"))[0]["image"]


@pytest.mark.parametrize(
    ("path", "gateway"),
    [
        ("/v1/models/fashion_mnist:classify", "gateway-fashion-mnist"),
        ("/v1/models/fashion_mnist/labels/stable:classify", "gateway-fashion-mnist"),
        ("/v2/models/fashion_mnist/infer", "gateway-fashion-mnist"),
        ("/v1/models/fashion_mnist2:classify", "gateway-mnist"),
        ("/v1/models/mnist:classify", "gateway-mnist"),
        ("/classify", "gateway-mnist"),
    ],
)
def test_a_path_goes_to_the_gateway_of_its_model(
    kserve: tuple[Manifest, ...], path: str, gateway: str
) -> None:
    rules = named(kserve, "HTTPRoute", "mnist")["spec"]["rules"]
    taking = [rule for rule in rules if any(fits(match["path"], path) for match in rule["matches"])]
    assert taking[0]["backendRefs"][0]["name"] == gateway


def fits(match: Manifest, path: str) -> bool:
    """Whether a match of Gateway API takes a path."""
    value = match["value"]
    if match["type"] == "RegularExpression":
        return re.fullmatch(value, path) is not None
    return bool(path == value or (match["type"] == "PathPrefix" and path.startswith(f"{value}/")))
