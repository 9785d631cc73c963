"""What the gateway needs from a model server. Tests put a fake behind this protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from serving.gateway.deadline import Deadline
from serving.gateway.names import ModelRef
from serving.wire.signatures import Signature
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
