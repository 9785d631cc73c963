"""A model server whose signatures take and give every kind of tensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flask.testing import FlaskClient

from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.signatures import Signature, TensorSpec
from serving.wire.tensors import ELEMENTS, Array
from tests.unit.gateway.fakes import FakePredictor, FakeVersion

Json = Any

ECHOED = (
    pb.DT_FLOAT, pb.DT_DOUBLE, pb.DT_HALF, pb.DT_INT32, pb.DT_INT64, pb.DT_UINT8, pb.DT_BOOL, pb.DT_STRING,
)  # fmt: skip
PREDICT = "/v1/models/kinds:predict"
SUM = {"inputs": {"a": [1], "b": [2]}}


def vector(kind: int = pb.DT_FLOAT, optional: bool = False) -> TensorSpec:
    """A batch of single values."""
    return TensorSpec(kind, (-1,), optional)


def echo(kind: int) -> Signature:
    """A signature that gives back what it takes."""
    return Signature({"x": TensorSpec(kind, None)}, {"y": TensorSpec(kind, None)})


SIGNATURES = {
    "serving_default": Signature(
        {"a": vector(), "b": vector(), "scale": vector(optional=True)}, {"sum": vector(), "product": vector()}
    ),
    "powers": Signature({"x": vector()}, {"powers": TensorSpec(pb.DT_FLOAT, (-1, 3))}),
    "total": Signature({"x": vector()}, {"total": TensorSpec(pb.DT_FLOAT, ())}),
    "image": Signature({"image_bytes": vector(pb.DT_STRING)}, {"image_bytes": vector(pb.DT_STRING)}),
    "log": Signature({"x": vector()}, {"y": vector()}),
    "complex": Signature({"x": vector(pb.DT_COMPLEX64)}, {}),
    **{f"echo_{ELEMENTS[kind].dtype.name}": echo(kind) for kind in ECHOED},
}


class Kinds(FakePredictor):
    """A model server with the signatures of the transcripts' ``kinds``, and some more."""

    def __init__(self) -> None:
        super().__init__(models={"kinds": {1: FakeVersion()}}, signature_map=dict(SIGNATURES))

    def answer(self, signature: str, inputs: Mapping[str, Array], version: FakeVersion) -> dict[str, Array]:  # noqa: ARG002
        if signature == "serving_default":
            return {"sum": inputs["a"] + inputs["b"], "product": inputs["a"] * inputs["b"]}
        if signature == "image":
            return {"image_bytes": inputs["image_bytes"]}
        x = inputs["x"]
        if signature == "powers":
            return {"powers": np.stack([x, x**2, x**3], 1)}
        if signature == "total":
            return {"total": np.asarray(x.sum())}
        with np.errstate(divide="ignore"):
            return {"y": np.log(x) if signature == "log" else x}


def ask(client: FlaskClient, body: Json, path: str = PREDICT) -> Json:
    """The answer to a body that is taken."""
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.get_json()
