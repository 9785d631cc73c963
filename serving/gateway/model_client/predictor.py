"""What the gateway needs from a model server. Tests put a fake behind this protocol."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from serving.gateway.deadline import Deadline
from serving.gateway.names import ModelRef
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.tensors import Array

AVAILABLE = "AVAILABLE"


@dataclass(frozen=True)
class CallContext:
    """What travels with a call: its deadline, the ids of its requests, and their W3C ``traceparent``."""

    deadline: Deadline
    request_ids: Sequence[str] = ()
    traceparent: str = ""


class Reply(NamedTuple):
    """A model's answer: the version that gave it, and the outputs by name."""

    version: int
    outputs: Mapping[str, Array]


class TensorSpec(NamedTuple):
    """One input or output of a signature.

    Attributes:
        data_type: TensorFlow's number for the element type.
        shape: the sizes, -1 for any size; None if the rank is unknown.
        optional: whether the model has a default for it.
    """

    data_type: int
    shape: tuple[int, ...] | None
    optional: bool = False


class Signature(NamedTuple):
    """The inputs and outputs of one way to call a model."""

    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]


class Signatures(NamedTuple):
    """All signatures of one version."""

    version: int
    by_name: Mapping[str, Signature]


class VersionStatus(NamedTuple):
    """The state of one version, in the model server's terms."""

    version: int
    state: str
    error: str = ""


def has_available(versions: Sequence[VersionStatus]) -> bool:
    """Whether any version can answer."""
    return any(status.state == AVAILABLE for status in versions)


def signature_from(definition: pb.SignatureDef) -> Signature:
    """Read one signature, from our message or from TensorFlow's."""

    def specs(tensors: Mapping[str, pb.TensorInfo], optional: Container[str] = ()) -> dict[str, TensorSpec]:
        return {
            name: TensorSpec(info.dtype, _sizes(info.tensor_shape), name in optional)
            for name, info in tensors.items()
        }

    return Signature(specs(definition.inputs, definition.defaults), specs(definition.outputs))


def _sizes(shape: pb.TensorShapeProto) -> tuple[int, ...] | None:
    return None if shape.unknown_rank else tuple(dim.size for dim in shape.dim)


class Predictor(Protocol):
    """A model server. Within the deadline, every method returns or raises an error from ``grpc_status``."""

    async def predict(
        self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
    ) -> Reply:
        """Call a signature of a model."""

    async def status(self, name: str, context: CallContext) -> list[VersionStatus]:
        """The versions of a model, newest first; raises NotFound for a model the server does not know."""

    async def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:
        """The signatures of a version; raises NotFound where none is loaded."""

    async def close(self) -> None:
        """Close the connections."""
