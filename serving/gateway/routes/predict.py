"""``:predict``: TensorFlow Serving's REST predict, in rows (``instances``) and in columns (``inputs``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
from flask import Blueprint, Response, request

from serving.contract import SIGNATURE_PREDICT
from serving.errors import InputError
from serving.gateway.middleware import request_state as state
from serving.gateway.model_client.predictor import Reply, Signature
from serving.gateway.names import ModelRef, model_ref
from serving.gateway.protocols.bodies import load_json, read_body
from serving.gateway.protocols.json_tensors import from_array, is_base64_object, to_array
from serving.gateway.server import bridge
from serving.gateway.services import services
from serving.wire.tensors import Array

blueprint = Blueprint("predict", __name__)

MEMBERS = ("signature_name", "instances", "inputs")


@blueprint.post("/v1/models/<word:model>:predict")
def predict(model: str) -> Response:
    """Call a model with tensors as JSON, as TensorFlow Serving's REST API takes them."""
    return _predict(model_ref(model))


@blueprint.post("/v1/models/<word:model>/versions/<word:version>:predict")
def predict_version(model: str, version: str) -> Response:
    """Call one version of a model with tensors as JSON."""
    return _predict(model_ref(model, version=version))


@blueprint.post("/v1/models/<word:model>/labels/<word:label>:predict")
def predict_label(model: str, label: str) -> Response:
    """Call the version of a model that has a label with tensors as JSON."""
    return _predict(model_ref(model, label=label))


def _predict(ref: ModelRef) -> Response:
    current, serving = state.current(), services()
    deadline = current.deadline(request, serving.settings.deadline_seconds)
    content = read_body(request, serving.settings.max_request_bytes)
    body = serving.compute(deadline, partial(load_json, content), len(content))
    in_rows, signature_name = check_body(body)

    def convert(signature: Signature) -> Mapping[str, Array]:
        return rows_in(body["instances"], signature) if in_rows else columns_in(body["inputs"], signature)

    current.model = serving.servables.known_name(ref)
    reply = bridge.wait_for(
        serving.forward(ref, signature_name, convert, current.call_context(deadline), len(content))
    )
    current.model, current.version = ref.name, reply.version
    answer = serving.compute(deadline, partial(_encoded, reply, in_rows), len(content))
    return Response(answer, content_type="application/json")


def _encoded(reply: Reply, in_rows: bool) -> bytes:
    answer = {"predictions": rows_out(reply.outputs)} if in_rows else {"outputs": columns_out(reply.outputs)}
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def check_body(body: Any) -> tuple[bool, str]:  # noqa: ANN401 - JSON can be anything
    """Whether the body is in rows, and the signature it names.

    Raises:
        InputError: when it is neither in rows nor in columns, or both.
    """
    if not isinstance(body, dict) or not set(body) <= set(MEMBERS):
        raise InputError(f"The body is a JSON object with {', '.join(MEMBERS)} and nothing else.")
    if ("instances" in body) == ("inputs" in body):
        raise InputError("The body has either instances (one after the other) or inputs (one list an input).")
    name = body.get("signature_name", "")
    if not isinstance(name, str):
        raise InputError("signature_name is a string.")
    return "instances" in body, name or SIGNATURE_PREDICT


def rows_in(instances: Any, signature: Signature) -> dict[str, Array]:  # noqa: ANN401
    """The tensors of ``instances``: a list of values, or of objects with one value an input.

    Raises:
        InputError: when they are not, or do not fit the signature.
    """
    if not isinstance(instances, list) or not instances:
        raise InputError("instances is a list with at least one entry.")
    if not _by_name(instances[0]):
        return {_only(signature): to_array(instances, signature.inputs[_only(signature)], _only(signature))}
    names = set(instances[0])
    if any(not _by_name(row) or set(row) != names for row in instances):
        raise InputError("All instances have the same form: objects with the same names.")
    _check_names(names, signature)
    return {
        name: to_array([row[name] for row in instances], signature.inputs[name], name)
        for name in sorted(names)
    }


def columns_in(inputs: Any, signature: Signature) -> dict[str, Array]:  # noqa: ANN401
    """The tensors of ``inputs``: an object with one tensor an input, or the only input's tensor; raises as
    ``rows_in``.
    """  # noqa: D205 - one sentence
    if not _by_name(inputs):
        return {_only(signature): to_array(inputs, signature.inputs[_only(signature)], _only(signature))}
    _check_names(set(inputs), signature)
    return {name: to_array(inputs[name], signature.inputs[name], name) for name in sorted(inputs)}


def rows_out(outputs: Mapping[str, Array]) -> Any:  # noqa: ANN401
    """Outputs in rows; an only output without its name.

    Raises:
        InputError: when the outputs have not one row an instance each.
    """
    lengths = {output.shape[:1] for output in outputs.values()}
    if len(lengths) != 1 or lengths == {()}:
        raise InputError("This signature's outputs are not in rows. Ask in columns, with inputs.")
    columns = {name: from_array(output, name) for name, output in sorted(outputs.items())}
    if len(columns) == 1:
        return next(iter(columns.values()))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def columns_out(outputs: Mapping[str, Array]) -> Any:  # noqa: ANN401
    """Outputs in columns; an only output without its name."""
    columns = {name: from_array(output, name) for name, output in sorted(outputs.items())}
    return next(iter(columns.values())) if len(columns) == 1 else columns


def _by_name(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, dict) and not is_base64_object(value)


def _only(signature: Signature) -> str:
    if len(signature.inputs) != 1:
        raise InputError(f"This signature has several inputs: name {', '.join(sorted(signature.inputs))}.")
    return next(iter(signature.inputs))


def _check_names(names: set[str], signature: Signature) -> None:
    required = {name for name, spec in signature.inputs.items() if not spec.optional}
    if not required <= names <= set(signature.inputs):
        raise InputError(f"This signature's inputs are {', '.join(sorted(signature.inputs))}.")
