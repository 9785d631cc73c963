"""A model server that lives in the test's own process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from serving.contract import IMAGE_SHAPE, SIGNATURE_DESCRIBE, SIGNATURE_PREDICT, Card, Thresholds
from serving.errors import NotFound
from serving.gateway.model_client.predictor import AVAILABLE, CallContext, Reply, Signatures, VersionStatus
from serving.gateway.names import ModelRef
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.signatures import Signature, TensorSpec
from serving.wire.tensors import Array

DIGITS = Card(
    dataset="mnist",
    labels=tuple("0123456789"),
    recipe="ink@2",
    thresholds=Thresholds(uncertain_below=0.6, ood_above=5.0),
    metrics={"accuracy": 0.99},
    reference={"ink": 0.13, "classes": {"0": 0.1, "1": None}, "by": "a test", "whole": True},
    run_id="a-run",
)
CLOTHES = replace(DIGITS, dataset="fashion_mnist", recipe="garment@2", labels=tuple("abcdefghij"))

IMAGES = {"images": TensorSpec(pb.DT_FLOAT, (-1, *IMAGE_SHAPE))}
SIGNATURES = {
    SIGNATURE_PREDICT: Signature(
        IMAGES,
        {"probabilities": TensorSpec(pb.DT_FLOAT, (-1, 10)), "ood_score": TensorSpec(pb.DT_FLOAT, (-1,))},
    ),
    SIGNATURE_DESCRIBE: Signature(
        IMAGES, {"labels": TensorSpec(pb.DT_STRING, (-1, 10)), "card": TensorSpec(pb.DT_STRING, (-1,))}
    ),
}


@dataclass
class FakeVersion:
    """One loaded version: its card, the class it is sure of and how sure, and its ``ood_score``."""

    card: Card = DIGITS
    digit: int = 7
    sureness: float = 0.99
    score: float = 0.0

    def probabilities(self, count: int) -> Array:
        row = np.full(10, (1.0 - self.sureness) / 9, np.float32)
        row[self.digit] = self.sureness
        return np.tile(row, (count, 1))


@dataclass
class Call:
    """One call as it came."""

    ref: ModelRef
    signature: str
    inputs: Mapping[str, Array]
    context: CallContext


Hook = Callable[[Call], Awaitable[object] | None]


@dataclass
class FakePredictor:
    """A ``Predictor`` with versions in memory.

    Attributes:
        models: versions by model and number; the highest answers unnamed calls.
        labels: version numbers by model and label.
        calls: every predict call, ``describe`` included.
        before_predict: run before each call but ``describe``; may raise, change the models, or return what
            to await.
        before_describe: the same for the ``describe`` signature.
        outputs: replaces the outputs of the predict signature when given.
        loading: what is answered for the status of a model, in place of its versions.
        asked: how often the status was asked for.
        away: raised when a status or signatures are asked for.
        signature_map: the signatures of every version.
    """

    models: dict[str, dict[int, FakeVersion]] = field(default_factory=lambda: {"digits": {3: FakeVersion()}})
    labels: dict[tuple[str, str], int] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    before_predict: Hook | None = None
    before_describe: Hook | None = None
    outputs: Callable[[int], dict[str, Array]] | None = None
    loading: dict[str, list[VersionStatus]] = field(default_factory=dict)
    asked: int = 0
    away: Exception | None = None
    signature_map: dict[str, Signature] = field(default_factory=lambda: dict(SIGNATURES))

    async def predict(
        self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
    ) -> Reply:
        call = Call(ref, signature, inputs, context)
        self.calls.append(call)
        hook = self.before_describe if signature == SIGNATURE_DESCRIBE else self.before_predict
        waiting = None if hook is None else hook(call)
        if waiting is not None:
            await waiting
        number, version = self.find(ref)
        return Reply(number, self.answer(signature, inputs, version))

    def answer(self, signature: str, inputs: Mapping[str, Array], version: FakeVersion) -> dict[str, Array]:
        """The outputs of a call."""
        if signature == SIGNATURE_DESCRIBE:
            labels = [label.encode() for label in version.card.labels]
            card = version.card.to_json().encode()
            return {"labels": np.array([labels], object), "card": np.array([card], object)}
        count = len(next(iter(inputs.values())))
        if self.outputs is not None:
            return self.outputs(count)
        score = np.full(count, version.score, np.float32)
        return {"probabilities": version.probabilities(count), "ood_score": score}

    async def status(self, name: str, context: CallContext) -> list[VersionStatus]:  # noqa: ARG002
        self.asked += 1
        if self.away is not None:
            raise self.away
        if name not in self.loading and not self.models.get(name):
            raise NotFound("There is no such model or version.")
        numbers = sorted(self.models.get(name, ()), reverse=True)
        return self.loading.get(name, [VersionStatus(number, AVAILABLE) for number in numbers])

    async def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:  # noqa: ARG002
        if self.away is not None:
            raise self.away
        return Signatures(self.find(ref)[0], dict(self.signature_map))

    def find(self, ref: ModelRef) -> tuple[int, FakeVersion]:
        """The version that answers."""
        versions = self.models.get(ref.name, {})
        newest = max(versions, default=None)
        number = self.labels.get((ref.name, ref.label)) if ref.label is not None else ref.version or newest
        if number is None or number not in versions:
            raise NotFound("There is no such model or version.")
        return number, versions[number]

    def predictions(self) -> list[Call]:
        """The calls of the predict signature."""
        return [call for call in self.calls if call.signature == SIGNATURE_PREDICT]
