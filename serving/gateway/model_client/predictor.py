"""What the gateway wants of a model server: the seam at which tests put a fake in its place."""

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
        request_ids: the requests whose pictures are in the call.
        traceparent: the trace the call belongs to (W3C Trace Context).
    """

    deadline: Deadline
    request_ids: Sequence[str] = ()
    traceparent: str = ""


@dataclass(frozen=True)
class Reply:
    """What a model answered: the version that did, and its outputs by name."""

    version: int
    outputs: Mapping[str, Array]


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a signature.

    Attributes:
        data_type: TensorFlow's number for the element type.
        shape: sizes, -1 where any size will do; None where even the rank is open.
        optional: whether the model has a default for it.
    """

    data_type: int
    shape: tuple[int, ...] | None
    optional: bool = False


@dataclass(frozen=True)
class Signature:
    """Inputs and outputs of one way to call a model."""

    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]


@dataclass(frozen=True)
class Signatures:
    """All signatures of one version."""

    version: int
    by_name: Mapping[str, Signature]


@dataclass(frozen=True)
class VersionStatus:
    """The state of one version, as the model server names states."""

    version: int
    state: str
    error: str = field(default="")


def has_available(versions: Sequence[VersionStatus]) -> bool:
    """Whether any version can answer."""
    return any(status.state == AVAILABLE for status in versions)


class Predictor(Protocol):
    """A model server.

    Every method raises what ``grpc_status`` names, within the deadline.
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
        """Let go of connections."""
