"""The verbs of the REST API: predict, classify and regress."""

from __future__ import annotations

from collections.abc import Callable

from tensorflow_serving.apis import classification_pb2, model_pb2, regression_pb2

from serving.model_server import predict
from serving.model_server.backend import Backend
from serving.model_server.rest import examples, inputs, outputs, reader
from serving.model_server.rest.excerpt import excerpt
from serving.model_server.status import Code, StatusError, invalid_argument
from serving.wire.json_values import Json


def _document(body: bytes, spec: model_pb2.ModelSpec) -> dict[str, Json]:
    document = reader.read(body)
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid_argument(
            f"JSON Value: {excerpt(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    spec.signature_name = name
    return document


def _predict(backend: Backend, spec: model_pb2.ModelSpec, body: bytes) -> str:
    if backend.as_content:
        # This makes TensorFlow Serving exit, and what works here should work there.
        message = "REST predict does not go with --enable_serialization_as_tensor_content: use gRPC"
        raise StatusError(Code.FAILED_PRECONDITION, message)
    document = _document(body, spec)
    with backend.catalog.lease(spec) as found:
        name = spec.signature_name or predict.DEFAULT_SIGNATURE
        signature = found.servable.signatures.get(name)
        if signature is None:
            raise invalid_argument(f'Serving signature name: "{name}" not found in signature def')
        infos = {alias: signature.definition.inputs[alias] for alias in signature.inputs}
        if not infos:
            raise invalid_argument(
                f"Failed to get input map for signature: {spec.signature_name or 'DEFAULT'}"
            )
        by_row = "instances" in document
        read = inputs.from_rows if by_row else inputs.from_columns
        arrays = read(_tensors(document), infos)
        results = predict.run(found.servable, signature, arrays)
    return outputs.rows(results) if by_row else outputs.columns(results)


def _tensors(document: dict[str, Json]) -> Json:
    """The value under ``instances`` or ``inputs``."""
    if "instances" not in document:
        if "inputs" not in document:
            raise invalid_argument("Missing 'inputs' or 'instances' key")
        return document["inputs"]
    if "inputs" in document:
        raise invalid_argument(
            f"JSON Value: {excerpt(document)} Not formatted correctly expecting only one of 'inputs' or "
            "'instances' keys to exist "
        )
    instances = document["instances"]
    if not isinstance(instances, list):
        raise invalid_argument(f"JSON Value: {excerpt(document)} Expecting 'instances' to be an list/array")
    if not instances:
        raise invalid_argument(f"JSON Value: {excerpt(document)} No values in 'instances' array")
    return instances


def _classify(backend: Backend, spec: model_pb2.ModelSpec, body: bytes) -> str:
    request = classification_pb2.ClassificationRequest()
    examples.fill(_document(body, spec), request.input)
    request.model_spec.CopyFrom(spec)
    return outputs.classifications(backend.inference.classify(request).result)


def _regress(backend: Backend, spec: model_pb2.ModelSpec, body: bytes) -> str:
    request = regression_pb2.RegressionRequest()
    examples.fill(_document(body, spec), request.input)
    request.model_spec.CopyFrom(spec)
    return outputs.regressions(backend.inference.regress(request).result)


VERBS: dict[str, Callable[[Backend, model_pb2.ModelSpec, bytes], str]] = {
    "predict": _predict,
    "classify": _classify,
    "regress": _regress,
}
