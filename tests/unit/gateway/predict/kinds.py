"""A model server whose signatures take and give every kind of tensor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from flask.testing import FlaskClient

from serving.errors import ModelRefused, NotFound
from serving.gateway.model_client.predictor import AVAILABLE, CallContext, Reply, Signatures, VersionStatus
from serving.gateway.names import ModelRef
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.signatures import Signature, TensorSpec
from serving.wire.tensors import ELEMENTS, Array

Json = Any

ECHOED = (
    pb.DT_FLOAT,
    pb.DT_DOUBLE,
    pb.DT_HALF,
    pb.DT_INT32,
    pb.DT_INT64,
    pb.DT_UINT8,
    pb.DT_BOOL,
    pb.DT_STRING,
)


def vector(kind: int = pb.DT_FLOAT, optional: bool = False) -> TensorSpec:
    """A batch of single values."""
    return TensorSpec(kind, (-1,), optional)


class Kinds:
    """A model server with the signatures of the transcripts' ``kinds``, and some more."""

    def __init__(self) -> None:
        self.calls: list[tuple[ModelRef, str, Mapping[str, Array], CallContext]] = []
        self.refuses = False
        self.version = 1
        self.by_name = {
            "serving_default": Signature(
                {"a": vector(), "b": vector(), "scale": vector(optional=True)},
                {"sum": vector(), "product": vector()},
            ),
            "powers": Signature({"x": vector()}, {"powers": TensorSpec(pb.DT_FLOAT, (-1, 3))}),
            "total": Signature({"x": vector()}, {"total": TensorSpec(pb.DT_FLOAT, ())}),
            "image": Signature({"image_bytes": vector(pb.DT_STRING)}, {"image_bytes": vector(pb.DT_STRING)}),
            "log": Signature({"x": vector()}, {"y": vector()}),
            "complex": Signature({"x": vector(pb.DT_COMPLEX64)}, {}),
        }
        for kind in ECHOED:
            echo = Signature({"x": TensorSpec(kind, None)}, {"y": TensorSpec(kind, None)})
            self.by_name[f"echo_{ELEMENTS[kind].dtype.name}"] = echo

    async def predict(
        self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
    ) -> Reply:
        self.calls.append((ref, signature, inputs, context))
        if self.refuses:
            raise ModelRefused("no")
        if ref.name != "kinds":
            raise NotFound("no such model")
        x = inputs.get("x", np.zeros(0, np.float32))
        with np.errstate(divide="ignore"):
            answers: dict[str, Callable[[], dict[str, Array]]] = {
                "serving_default": lambda: {
                    "sum": inputs["a"] + inputs["b"],
                    "product": inputs["a"] * inputs["b"],
                },
                "powers": lambda: {"powers": np.stack([x, x**2, x**3], 1)},
                "total": lambda: {"total": np.asarray(x.sum())},
                "image": lambda: {"image_bytes": inputs["image_bytes"]},
                "log": lambda: {"y": np.log(x)},
            }
            outputs = answers[signature]() if signature in answers else {"y": x}
        return Reply(self.version, outputs)

    async def status(self, name: str, context: CallContext) -> list[VersionStatus]:  # noqa: ARG002
        if name != "kinds":
            raise NotFound("no such model")
        return [VersionStatus(self.version, AVAILABLE)]

    async def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:  # noqa: ARG002
        if ref.name != "kinds":
            raise NotFound("no such model")
        return Signatures(self.version, dict(self.by_name))

    async def close(self) -> None:
        """Nothing to close."""


def ask(client: FlaskClient, body: Json, path: str = "/v1/models/kinds:predict") -> Json:
    """The answer to a body that is taken."""
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.get_json()
