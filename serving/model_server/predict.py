"""Predict: runs a signature on a request's tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tensorflow_serving.apis import model_pb2, predict_pb2

from serving.model_server.catalog import Catalog, FoundServable
from serving.model_server.servable import Servable
from serving.model_server.signature import ServableSignature, check_names
from serving.model_server.status import Code, StatusError, invalid_argument
from serving.model_server.tensors import CODEC, to_array
from serving.wire.tensors import Array

DEFAULT_SIGNATURE = "serving_default"


class _Request(Protocol):
    """A request that names a model."""

    model_spec: model_pb2.ModelSpec

    def HasField(self, name: str) -> bool:  # noqa: N802 - a method of every protobuf message
        """Whether a field is set."""


def predict(
    catalog: Catalog, request: predict_pb2.PredictRequest, *, as_content: bool = False
) -> predict_pb2.PredictResponse:
    """Answer a Predict request.

    Args:
        catalog: the models.
        request: names the model, and has the inputs.
        as_content: whether to pack the outputs into ``tensor_content``.

    Raises:
        StatusError: as TensorFlow Serving would report it.
    """
    check_spec(request)
    with catalog.lease(request.model_spec) as found:
        signature = find_signature(found.servable, request.model_spec.signature_name)
        inputs = read_inputs(request, signature)
        outputs = run(found.servable, signature, inputs, request.output_filter)
    response = predict_pb2.PredictResponse()
    fill_spec(response.model_spec, found, signature.name)
    for alias, array in outputs.items():
        CODEC.write(array, response.outputs[alias], as_content=as_content)
    return response


def check_spec(request: _Request) -> None:
    """Raise INVALID_ARGUMENT unless the request names a model."""
    if not request.HasField("model_spec"):
        raise invalid_argument("Missing ModelSpec")
    if not request.model_spec.name:
        raise invalid_argument("ModelSpec has no name specified.")


def find_signature(servable: Servable, name: str) -> ServableSignature:
    """The named signature, or the default one for an empty name.

    Raises:
        StatusError: FAILED_PRECONDITION, the model has no such signature.
    """
    signature = servable.signatures.get(name or DEFAULT_SIGNATURE)
    if signature is None:
        message = f'Serving signature key "{name or DEFAULT_SIGNATURE}" not found.'
        raise StatusError(Code.FAILED_PRECONDITION, message)
    return signature


def read_inputs(request: predict_pb2.PredictRequest, signature: ServableSignature) -> dict[str, Array]:
    """The tensors of a request by name.

    Raises:
        StatusError: INVALID_ARGUMENT, names are missing or unknown, or a tensor cannot be read.
    """
    check_names(request.inputs, signature)
    return {alias: to_array(proto, alias) for alias, proto in request.inputs.items()}


def run(
    servable: Servable, signature: ServableSignature, given: Mapping[str, Array], wanted: Sequence[str] = ()
) -> dict[str, Array]:
    """Run a signature.

    Args:
        servable: the version.
        signature: one of its signatures.
        given: inputs by name; the signature's defaults replace missing ones.
        wanted: names of the outputs to fetch; empty for all.

    Returns:
        The outputs by name.

    Raises:
        StatusError: INVALID_ARGUMENT, outputs are unknown or repeated; or an error of the model.
    """
    defaults = signature.definition.defaults
    feeds = [
        given[alias] if alias in given else to_array(defaults[alias], alias) for alias in signature.inputs
    ]
    outputs = _outputs(signature, wanted)
    return dict(zip(outputs, servable.run(signature, feeds, outputs), strict=True))


def fill_spec(spec: model_pb2.ModelSpec, found: FoundServable, signature_name: str) -> None:
    """Fill in which model, version and signature answered."""
    spec.name = found.name
    spec.version.value = found.version
    spec.signature_name = signature_name


def _outputs(signature: ServableSignature, wanted: Sequence[str]) -> Sequence[str]:
    if not wanted:
        return signature.outputs
    for position, alias in enumerate(wanted):
        if alias not in signature.outputs:
            raise invalid_argument(
                f"output tensor alias not found in signature: {alias} "
                f"Outputs expected to be in the set {{{','.join(signature.outputs)}}}."
            )
        if alias in wanted[:position]:
            raise invalid_argument(f"duplicate output tensor alias: {alias}")
    return tuple(wanted)
