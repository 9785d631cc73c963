"""Reads and checks requests of the Open Inference Protocol v2."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from serving.errors import InputError
from serving.gateway.protocols.tensors_v2 import datatype_of, from_binary, from_data, read_shape
from serving.wire.json_values import Json
from serving.wire.signatures import Signature
from serving.wire.tensors import Array

_UNSUPPORTED = ("classification", "shared_memory_region")


@dataclass(frozen=True)
class RawInput:
    """One input as it was sent: its JSON, and its bytes if they follow the JSON."""

    name: str
    entry: dict[str, Json]
    content: bytes | None


@dataclass(frozen=True)
class InferRequest:
    """A well-formed request; its tensors are checked once the signature is known.

    Attributes:
        id: the caller's id, or None.
        inputs: the inputs, in the caller's order.
        outputs: the outputs asked for, and whether each is wanted in binary; empty for all outputs.
        binary: whether outputs are sent in binary by default.
    """

    id: str | None
    inputs: list[RawInput]
    outputs: dict[str, bool]
    binary: bool

    def tensors(self, signature: Signature) -> dict[str, Array]:
        """The inputs as tensors of a signature.

        Raises:
            InputError: names, types, shapes or values do not fit.
        """
        required = {name for name, spec in signature.inputs.items() if not spec.optional}
        names = {each.name for each in self.inputs}
        if not required <= names <= set(signature.inputs) or len(names) < len(self.inputs):
            raise InputError(f"This model's inputs are {', '.join(sorted(signature.inputs))}, once each.")
        unknown = set(self.outputs) - set(signature.outputs)
        if unknown:
            raise InputError(f"This model's outputs are {', '.join(sorted(signature.outputs))}.")
        return {each.name: _tensor(each, signature) for each in self.inputs}

    def output_names(self, answered: Iterable[str]) -> list[str]:
        """The names of the outputs to send, in order."""
        names = sorted(answered)
        return [name for name in self.outputs if name in names] if self.outputs else names

    def wants_binary(self, name: str) -> bool:
        """Whether an output is sent in binary."""
        return self.outputs.get(name, self.binary)


def read_request(body: Json, binary: bytes) -> InferRequest:
    """Read the JSON of a request and the tensors after it.

    Raises:
        InputError: it does not follow the protocol.
    """
    if not isinstance(body, dict) or not isinstance(body.get("inputs"), list) or not body["inputs"]:
        raise InputError("The body must be a JSON object with inputs, a list with at least one entry.")
    identifier = body.get("id")
    if identifier is not None and not isinstance(identifier, str):
        raise InputError("The id of a request must be a string.")
    default = _flag(_parameters(body), "binary_data_output", False)
    return InferRequest(identifier, _inputs(body["inputs"], binary), _outputs(body, default), default)


def _inputs(entries: list[Json], binary: bytes) -> list[RawInput]:
    inputs, at = [], 0
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise InputError("Each input must be an object with name, shape, datatype and data.")
        size = _parameters(entry).get("binary_data_size")
        if size is None:
            inputs.append(RawInput(entry["name"], entry, None))
            continue
        if type(size) is not int or not 0 <= size <= len(binary) - at or "data" in entry:
            raise InputError(f"The binary_data_size of the input {entry['name']!r} does not fit the body.")
        inputs.append(RawInput(entry["name"], entry, binary[at : at + size]))
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
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise InputError("Each output must be an object with a name.")
        wanted[entry["name"]] = _flag(_parameters(entry), "binary_data", default)
    return wanted


def _tensor(each: RawInput, signature: Signature) -> Array:
    spec = signature.inputs[each.name]
    if each.entry.get("datatype") != datatype_of(spec):
        raise InputError(f"The datatype of the input {each.name!r} must be {datatype_of(spec)}.")
    shape = read_shape(each.entry.get("shape"), spec, each.name)
    if each.content is not None:
        return from_binary(each.content, shape, spec, each.name)
    return from_data(each.entry.get("data"), shape, spec, each.name)


def _parameters(entry: dict[str, Json]) -> dict[str, Json]:
    parameters = entry.get("parameters", {})
    if not isinstance(parameters, dict):
        raise InputError("parameters must be an object.")
    for name in _UNSUPPORTED:
        if name in parameters:
            raise InputError(f"The parameter {name} is not supported.")
    return parameters


def _flag(parameters: dict[str, Json], name: str, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise InputError(f"The parameter {name} must be true or false.")
    return value
