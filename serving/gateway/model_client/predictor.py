"""What the gateway needs from a model server. Tests put a fake behind this protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from serving.gateway.deadline import Deadline
from serving.gateway.names import ModelRef
from serving.wire.tensors import Array

AVAILABLE = "AVAILABLE"


@dataclass(frozen=True)
class CallContext:
    """What travels with a call to the model server.

    Attributes:
        deadline: when the caller stops waiting.
        request_ids: ids of the requests whose pictures are in the call.
        traceparent: the trace that the call belongs to (W3C Trace Context).
    """

    deadline: Deadline
    request_ids: Sequence[str] = ()
    traceparent: str = ""


@dataclass(frozen=True)
class Reply:
    """A model's answer: the version that gave it, and the outputs by name."""

    version: int
    outputs: Mapping[str, Array]


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a signature.

    Attributes:
        data_type: TensorFlow's number for the element type.
        shape: the sizes, -1 for any size; None if the rank is unknown.
        optional: whether the model has a default for it.
    """

    data_type: int
    shape: tuple[int, ...] | None
    optional: bool = False


@dataclass(frozen=True)
class Signature:
    """The inputs and outputs of one way to call a model."""

    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]


@dataclass(frozen=True)
class Signatures:
    """All signatures of one version."""

    version: int
    by_name: Mapping[str, Signature]


@dataclass(frozen=True)
class VersionStatus:
    """The state of one version, in the model server's terms."""

    version: int
    state: str
    error: str = field(default="")


def has_available(versions: Sequence[VersionStatus]) -> bool:
    """Whether any version can answer."""
    return any(status.state == AVAILABLE for status in versions)


class Predictor(Protocol):
    """A model server.

    Within the deadline, every method returns or raises an error that ``grpc_status`` lists.
    """

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
