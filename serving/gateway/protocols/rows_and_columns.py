"""The JSON of TensorFlow Serving's REST predict: rows (``instances``) and columns (``inputs``)."""

from __future__ import annotations

from collections.abc import Mapping

from serving.contract import SIGNATURE_PREDICT
from serving.errors import InputError
from serving.gateway.protocols.json_tensors import PICTURES_ELSEWHERE, from_array, takes_bytes, to_array
from serving.wire.json_values import Json, is_base64, is_named
from serving.wire.signatures import Signature
from serving.wire.tensors import Array

MEMBERS = ("signature_name", "instances", "inputs")


def check_body(body: Json) -> tuple[bool, str]:
    """Whether the body is in rows, and the signature it names.

    Raises:
        InputError: it has neither rows nor columns, or both.
    """
    if isinstance(body, dict) and "images" in body:
        raise InputError(PICTURES_ELSEWHERE)
    if not isinstance(body, dict) or not set(body) <= set(MEMBERS):
        raise InputError(f"The body must be a JSON object with {', '.join(MEMBERS)} and nothing else.")
    if ("instances" in body) == ("inputs" in body):
        raise InputError("The body must have either instances (in rows) or inputs (in columns).")
    name = body.get("signature_name", "")
    if not isinstance(name, str):
        raise InputError("signature_name must be a string.")
    return "instances" in body, name or SIGNATURE_PREDICT


def rows_in(instances: Json, signature: Signature) -> dict[str, Array]:
    """The tensors of ``instances``: a list of values, or of objects with a value for each input.

    Raises:
        InputError: they have another form, or do not fit the signature.
    """
    if not isinstance(instances, list) or not instances:
        raise InputError("instances must be a list with at least one entry.")
    if not is_named(instances[0]):
        return {_only(signature): to_array(instances, signature.inputs[_only(signature)], _only(signature))}
    names = set(instances[0])
    if any(not is_named(row) or set(row) != names for row in instances):
        raise InputError("All instances must have the same form: objects with the same names.")
    _check_names(instances[0], signature)
    return {
        name: to_array([row[name] for row in instances], signature.inputs[name], name)
        for name in sorted(names)
    }


def columns_in(inputs: Json, signature: Signature) -> dict[str, Array]:
    """The tensors of ``inputs``: an object with a tensor for each input, or the tensor of the only input.

    Raises:
        InputError: they do not fit the signature.
    """
    if not is_named(inputs):
        return {_only(signature): to_array(inputs, signature.inputs[_only(signature)], _only(signature))}
    _check_names(inputs, signature)
    return {name: to_array(inputs[name], signature.inputs[name], name) for name in sorted(inputs)}


def rows_out(outputs: Mapping[str, Array]) -> Json:
    """Outputs in rows. A single output has no name.

    Raises:
        InputError: the outputs do not have one row per instance.
    """
    lengths = {output.shape[:1] for output in outputs.values()}
    if len(lengths) != 1 or lengths == {()}:
        raise InputError("This signature's outputs are not in rows. Ask in columns, with inputs.")
    columns = {name: from_array(output, name) for name, output in sorted(outputs.items())}
    if len(columns) == 1:
        return next(iter(columns.values()))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def columns_out(outputs: Mapping[str, Array]) -> Json:
    """Outputs in columns. A single output has no name."""
    columns = {name: from_array(output, name) for name, output in sorted(outputs.items())}
    return next(iter(columns.values())) if len(columns) == 1 else columns


def _only(signature: Signature) -> str:
    if len(signature.inputs) != 1:
        raise InputError(
            f"This signature has several inputs. Name all of them: {', '.join(sorted(signature.inputs))}."
        )
    return next(iter(signature.inputs))


def _check_names(values: Mapping[str, Json], signature: Signature) -> None:
    required = {name for name, spec in signature.inputs.items() if not spec.optional}
    if required <= set(values) <= set(signature.inputs):
        return
    if any(map(is_base64, values.values())) and not any(map(takes_bytes, signature.inputs.values())):
        raise InputError(PICTURES_ELSEWHERE)
    raise InputError(f"This signature's inputs are {', '.join(sorted(signature.inputs))}.")
