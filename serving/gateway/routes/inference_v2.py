"""The Open Inference Protocol v2 with its binary tensor extension, for clients such as Triton's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from serving.contract import SIGNATURE_PREDICT
from serving.errors import InputError, ModelUnavailable, NotFound
from serving.gateway.middleware import request_state as state
from serving.gateway.model_client.predictor import AVAILABLE
from serving.gateway.names import model_ref
from serving.gateway.protocols.bodies import load_json, read_body
from serving.gateway.protocols.json_tensors import from_array
from serving.gateway.protocols.request_v2 import InferRequest, read_request
from serving.gateway.protocols.tensors_v2 import datatype_of, describe_output, to_binary
from serving.gateway.routes.exchanges import MODEL_PATH, VERSION_PATH, call_context, json_response
from serving.gateway.routes.health import require_ready
from serving.gateway.server import bridge
from serving.gateway.services import services
from serving.gateway.telemetry.metrics import VERSION
from serving.wire.signatures import Signature, TensorSpec
from serving.wire.tensors import Array

blueprint = Blueprint("inference_v2", __name__, url_prefix="/v2")

HEADER_LENGTH = "Inference-Header-Content-Length"


@blueprint.get("")
def server() -> Response:
    """The server's name, version and extensions."""
    return json_response({"name": "mnist-serving", "version": VERSION, "extensions": ["binary_tensor_data"]})


@blueprint.get("/health/live")
def live() -> Response:
    """The process is alive."""
    return json_response({"live": True})


@blueprint.get("/health/ready")
def ready() -> Response:
    """Enough models can answer."""
    require_ready()
    return json_response({"ready": True})


@blueprint.get(MODEL_PATH, endpoint="model_metadata")
@blueprint.get(VERSION_PATH, endpoint="version_metadata")
def metadata(**named: str) -> Response:
    """Inputs and outputs of a model or of one of its versions."""
    ref, context = model_ref(**named), call_context()
    versions = bridge.wait_for(services().servables.versions(ref.name, context))
    signatures = bridge.wait_for(services().servables.signatures(ref, context))
    signature = signatures.by_name.get(SIGNATURE_PREDICT) or Signature({}, {})
    return json_response(
        {
            "name": ref.name,
            "versions": [str(each.version) for each in versions if each.state == AVAILABLE],
            "platform": "tensorflow_savedmodel",
            "inputs": _tensors(signature.inputs),
            "outputs": _tensors(signature.outputs),
        }
    )


def _tensors(specs: Mapping[str, TensorSpec]) -> list[dict[str, Any]]:
    return [
        {"name": name, "datatype": datatype_of(spec), "shape": list(spec.shape or ())}
        for name, spec in sorted(specs.items())
    ]


@blueprint.get(f"{MODEL_PATH}/ready")
@blueprint.get(f"{VERSION_PATH}/ready", endpoint="version_ready")
def model_ready(**named: str) -> Response:
    """A model or one of its versions can answer."""
    ref = model_ref(**named)
    versions = bridge.wait_for(services().servables.versions(ref.name, call_context()))
    if ref.version is not None and all(each.version != ref.version for each in versions):
        raise NotFound(f"There is no {ref}.")
    if not any(each.state == AVAILABLE and ref.version in (None, each.version) for each in versions):
        raise ModelUnavailable(f"The {ref} is not loaded now. Try again soon.", retry_after=1)
    return json_response({"name": ref.name, "ready": True})


@blueprint.post(f"{MODEL_PATH}/infer")
@blueprint.post(f"{VERSION_PATH}/infer", endpoint="infer_version")
def infer(**named: str) -> Response:
    """Call a model or one of its versions with tensors."""
    ref, current, serving, context = model_ref(**named), state.current(), services(), call_context()
    body, length = read_body(request, serving.settings.max_request_bytes), request.headers.get(HEADER_LENGTH)
    asked = serving.compute(context.deadline, partial(_read, body, length), len(body))
    current.model = serving.servables.known_name(ref)
    reply = bridge.wait_for(
        serving.forwarder.predict(ref, SIGNATURE_PREDICT, asked.tensors, context, len(body))
    )
    current.model, current.version = ref.name, reply.version
    head = {"model_name": ref.name, "model_version": str(reply.version)}
    return serving.compute(context.deadline, partial(_answer, head, asked, reply.outputs), len(body))


def _read(body: bytes, text: str | None) -> InferRequest:
    """Read a body: JSON, of the length that the header gives, and then the binary tensors."""
    if text is None:
        return read_request(load_json(body), b"")
    if not text.isascii() or not text.isdigit() or not len(text) < 12 or int(text) > len(body):
        raise InputError(
            f"{HEADER_LENGTH} must be the length in bytes of the JSON at the beginning of the body."
        )
    return read_request(load_json(body[: int(text)]), body[int(text) :])


def _answer(head: dict[str, str], asked: InferRequest, outputs: Mapping[str, Array]) -> Response:
    described, binary = [], []
    for name, in_binary in asked.wanted(outputs).items():
        entry = describe_output(outputs[name], name)
        if in_binary:
            binary.append(to_binary(outputs[name]))
            entry["parameters"] = {"binary_data_size": len(binary[-1])}
        else:
            entry["data"] = from_array(outputs[name].reshape(-1), name)
        described.append(entry)
    identified = {} if asked.id is None else {"id": asked.id}
    response = json_response({**head, **identified, "outputs": described})
    if binary:
        text = response.get_data()
        response.headers.update({HEADER_LENGTH: str(len(text)), "Content-Type": "application/octet-stream"})
        response.set_data(text + b"".join(binary))
    return response
