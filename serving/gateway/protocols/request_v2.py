"""Reads and checks requests of the Open Inference Protocol v2."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from serving.errors import InputError
from serving.gateway.protocols.tensors_v2 import datatype_of, from_binary, from_data, read_shape
from serving.wire.json_values import Json
from serving.wire.signatures import Signature
from serving.wire.tensors import Array

_UNSUPPORTED = ("classification", "shared_memory_region")


@dataclass(frozen=True)
class InferRequest:
    """A well-formed request; its tensors are checked once the signature is known.

    Attributes:
        id: the caller's id.
        inputs: the inputs; ``data`` is bytes if they follow the JSON.
        outputs: the outputs asked for, and whether each is wanted in binary; empty for all outputs.
        binary: whether outputs are sent in binary by default.
    """

    id: str | None
    inputs: list[dict[str, Json]]
    outputs: dict[str, bool]
    binary: bool

    def tensors(self, signature: Signature) -> dict[str, Array]:
        """The inputs as tensors of a signature; raises InputError if anything does not fit."""
        names = {entry["name"] for entry in self.inputs}
        if not signature.accepts(names) or len(names) < len(self.inputs):
            raise InputError(f"This model's inputs are {', '.join(sorted(signature.inputs))}, once each.")
        if not set(self.outputs) <= set(signature.outputs):
            raise InputError(f"This model's outputs are {', '.join(sorted(signature.outputs))}.")
        return {entry["name"]: _tensor(entry, signature) for entry in self.inputs}

    def wanted(self, answered: Collection[str]) -> dict[str, bool]:
        """The outputs to send, in order, and whether each is sent in binary."""
        if not self.outputs:
            return dict.fromkeys(sorted(answered), self.binary)
        return {name: binary for name, binary in self.outputs.items() if name in answered}


def read_request(body: Json, binary: bytes) -> InferRequest:
    """Read the JSON of a request and the tensors after it; raises InputError if it breaks the protocol."""
    if not isinstance(body, dict) or not isinstance(body.get("inputs"), list) or not body["inputs"]:
        raise InputError("The body must be a JSON object with inputs, a list with at least one entry.")
    identifier = body.get("id")
    if identifier is not None and not isinstance(identifier, str):
        raise InputError("The id of a request must be a string.")
    default = _flag(body, "binary_data_output", False)
    return InferRequest(identifier, _inputs(body["inputs"], binary), _outputs(body, default), default)


def _inputs(entries: list[Json], binary: bytes) -> list[dict[str, Json]]:
    inputs, at = [], 0
    for entry in entries:
        if not _is_named(entry):
            raise InputError("Each input must be an object with name, shape, datatype and data.")
        size = _parameters(entry).get("binary_data_size")
        if size is None:
            inputs.append(entry)
            continue
        if type(size) is not int or not 0 <= size <= len(binary) - at or "data" in entry:
            raise InputError(f"The binary_data_size of the input {entry['name']!r} does not fit the body.")
        inputs.append({**entry, "data": binary[at : at + size]})
        at += size
    if at != len(binary):
        raise InputError("The body holds more bytes than its inputs account for.")
    return inputs


def _outputs(body: dict[str, Json], default: bool) -> dict[str, bool]:
    entries = body.get("outputs", [])
    if not isinstance(entries, list):
        raise InputError("outputs must be a list.")
    wanted = {}
    for entry in entries:
        if not _is_named(entry):
            raise InputError("Each output must be an object with a name.")
        wanted[entry["name"]] = _flag(entry, "binary_data", default)
    return wanted


def _tensor(entry: dict[str, Json], signature: Signature) -> Array:
    name, data = entry["name"], entry.get("data")
    spec = signature.inputs[name]
    if entry.get("datatype") != datatype_of(spec):
        raise InputError(f"The datatype of the input {name!r} must be {datatype_of(spec)}.")
    shape = read_shape(entry.get("shape"), spec, name)
    if isinstance(data, bytes):
        return from_binary(data, shape, spec, name)
    return from_data(data, shape, spec, name)


def _is_named(entry: Json) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str)


def _parameters(entry: dict[str, Json]) -> dict[str, Json]:
    parameters = entry.get("parameters", {})
    if not isinstance(parameters, dict):
        raise InputError("parameters must be an object.")
    for name in _UNSUPPORTED:
        if name in parameters:
            raise InputError(f"The parameter {name} is not supported.")
    return parameters


def _flag(entry: dict[str, Json], name: str, default: bool) -> bool:
    value = _parameters(entry).get(name, default)
    if not isinstance(value, bool):
        raise InputError(f"The parameter {name} must be true or false.")
    return value
