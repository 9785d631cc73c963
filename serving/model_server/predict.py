"""Predict: a request's tensors through a signature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorflow_serving.apis import predict_pb2

from serving.model_server import tensors
from serving.model_server.catalog import Catalog, Found
from serving.model_server.servable import Servable, Signature, check_names
from serving.model_server.status import Code, StatusError, invalid_argument
from serving.model_server.tensors import Array

DEFAULT_SIGNATURE = "serving_default"


def predict(
    catalog: Catalog, request: predict_pb2.PredictRequest, *, as_content: bool = False
) -> predict_pb2.PredictResponse:
    """Answer a Predict request.

    Args:
        catalog: the models.
        request: names the model and brings the inputs.
        as_content: whether to pack the outputs into ``tensor_content``.

    Raises:
        StatusError: by the rules of TensorFlow Serving.
    """
    check_spec(request)
    with catalog.lease(request.model_spec) as found:
        signature = find_signature(found.servable, request.model_spec.signature_name)
        outputs = run(found.servable, signature, request)
    response = predict_pb2.PredictResponse()
    fill_spec(response.model_spec, found, signature.name)
    for alias, array in outputs.items():
        tensors.to_proto(array, response.outputs[alias], as_content=as_content)
    return response


def check_spec(request: Any) -> None:
    """Raise INVALID_ARGUMENT unless the request names a model."""
    if not request.HasField("model_spec"):
        raise invalid_argument("Missing ModelSpec")
    if not request.model_spec.name:
        raise invalid_argument("ModelSpec has no name specified.")


def find_signature(servable: Servable, name: str) -> Signature:
    """The named signature, or the default one for an empty name.

    Raises:
        StatusError: FAILED_PRECONDITION where the model has no such signature.
    """
    signature = servable.signatures.get(name or DEFAULT_SIGNATURE)
    if signature is None:
        message = f'Serving signature key "{name or DEFAULT_SIGNATURE}" not found.'
        raise StatusError(Code.FAILED_PRECONDITION, message)
    return signature


def run(servable: Servable, signature: Signature, request: predict_pb2.PredictRequest) -> dict[str, Array]:
    """Read the inputs, run the signature, and return the outputs asked for by name."""
    given = request.inputs
    check_names(given, signature)
    defaults = signature.definition.defaults
    feeds = [
        tensors.to_array(given[alias] if alias in given else defaults[alias], alias)
        for alias in signature.inputs
    ]
    outputs = _outputs(signature, request.output_filter)
    return dict(zip(outputs, servable.run(signature, feeds, outputs), strict=True))


def fill_spec(spec: Any, found: Found, signature_name: str) -> None:
    """Say in an answer who gave it."""
    spec.name = found.name
    spec.version.value = found.version
    spec.signature_name = signature_name


def _outputs(signature: Signature, wanted: Sequence[str]) -> Sequence[str]:
    if not wanted:
        return signature.outputs
    for position, alias in enumerate(wanted):
        if alias not in signature.outputs:
            expected = ",".join(signature.outputs)
            raise invalid_argument(
                f"output tensor alias not found in signature: {alias} Outputs expected to be in the set {{{expected}}}."
            )
        if alias in wanted[:position]:
            raise invalid_argument(f"duplicate output tensor alias: {alias}")
    return tuple(wanted)
