"""The JSON of TensorFlow Serving's REST predict: rows (``instances``) and columns (``inputs``)."""

from __future__ import annotations

from collections.abc import Mapping

from serving.contract import SIGNATURE_PREDICT
from serving.errors import InputError
from serving.gateway.protocols.json_tensors import PICTURES_ELSEWHERE, from_array, to_array
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.json_values import Json, is_base64, is_named
from serving.wire.signatures import Signature
from serving.wire.tensors import Array

MEMBERS = ("signature_name", "instances", "inputs")


def check_body(body: Json) -> str:
    """Check that the body has either rows or columns; returns the signature it names."""
    if isinstance(body, dict) and "images" in body:
        raise InputError(PICTURES_ELSEWHERE)
    if not isinstance(body, dict) or not set(body) <= set(MEMBERS):
        raise InputError(f"The body must be a JSON object with {', '.join(MEMBERS)} and nothing else.")
    if ("instances" in body) == ("inputs" in body):
        raise InputError("The body must have either instances (in rows) or inputs (in columns).")
    name = body.get("signature_name", "")
    if not isinstance(name, str):
        raise InputError("signature_name must be a string.")
    return name or SIGNATURE_PREDICT


def read_inputs(body: dict[str, Json], signature: Signature) -> dict[str, Array]:
    """The tensors of a body that ``check_body`` has checked.

    Rows are a list of values, or of objects with a value for each input. Columns are an object with a tensor
    for each input, or the tensor of the only input.

    Raises:
        InputError: they have another form, or do not fit the signature.
    """
    if "inputs" in body:
        first = columns = body["inputs"]
    else:
        first, columns = _columns(body["instances"])
    if is_named(first):
        if not signature.accepts(first.keys()):
            raise _wrong_names(first, signature)
    elif len(signature.inputs) == 1:
        columns = {next(iter(signature.inputs)): columns}
    else:
        names = ", ".join(sorted(signature.inputs))
        raise InputError(f"This signature has several inputs. Name all of them: {names}.")
    return {name: to_array(columns[name], signature.inputs[name], name) for name in sorted(columns)}


def write_outputs(outputs: Mapping[str, Array], in_rows: bool) -> Json:
    """Outputs in rows or columns. A single output has no name.

    Raises:
        InputError: they are wanted in rows, and do not have one row per instance.
    """
    lengths = {output.shape[:1] for output in outputs.values()}
    if in_rows and (len(lengths) != 1 or lengths == {()}):
        raise InputError("This signature's outputs are not in rows. Ask in columns, with inputs.")
    columns = {name: from_array(output, name) for name, output in sorted(outputs.items())}
    if len(columns) == 1:
        return next(iter(columns.values()))
    if not in_rows:
        return columns
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _columns(rows: Json) -> tuple[Json, Json]:
    """The first row, and either a list for each of its names or, if rows have no names, the rows."""
    if not isinstance(rows, list) or not rows:
        raise InputError("instances must be a list with at least one entry.")
    first = rows[0]
    if not is_named(first):
        return first, rows
    if any(not is_named(row) or set(row) != set(first) for row in rows):
        raise InputError("All instances must have the same form: objects with the same names.")
    return first, {name: [row[name] for row in rows] for name in first}


def _wrong_names(values: Mapping[str, Json], signature: Signature) -> InputError:
    takes_bytes = any(spec.data_type == pb.DT_STRING for spec in signature.inputs.values())
    if any(map(is_base64, values.values())) and not takes_bytes:
        return InputError(PICTURES_ELSEWHERE)
    return InputError(f"This signature's inputs are {', '.join(sorted(signature.inputs))}.")
