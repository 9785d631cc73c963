"""``:predict``: versions and labels, signatures that change with them, a model server that is away."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from flask.testing import FlaskClient

from serving.errors import ModelRefused, ModelUnavailable
from serving.gateway.app import create_app
from serving.gateway.model_client.predictor import CallContext, Reply, Signatures
from serving.gateway.names import ModelRef
from serving.gateway.settings.settings import Settings
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.signatures import Signature
from serving.wire.tensors import ELEMENTS, Array
from tests.unit.gateway.asking import caller
from tests.unit.gateway.predict.kinds import Kinds, ask, vector


def test_versions_and_labels_are_passed_on(client: FlaskClient, kinds: Kinds) -> None:
    body = {"inputs": {"a": [1], "b": [2]}}
    ask(client, body, "/v1/models/kinds/versions/1:predict")
    ask(client, body, "/v1/models/kinds/labels/stable:predict")
    assert [call[0] for call in kinds.calls] == [ModelRef("kinds", 1), ModelRef("kinds", label="stable")]


def test_an_unknown_model_is_404(client: FlaskClient) -> None:
    response = client.post("/v1/models/nope:predict", json={"instances": [1]})
    assert response.status_code == 404


def test_signatures_of_a_new_version_are_learnt(client: FlaskClient, kinds: Kinds) -> None:
    ask(client, {"signature_name": "powers", "inputs": [2]})
    kinds.version = 2
    kinds.by_name["powers"] = Signature({"x": vector(pb.DT_DOUBLE)}, {"powers": vector(pb.DT_DOUBLE)})
    ask(client, {"signature_name": "powers", "inputs": [2]})
    ask(client, {"signature_name": "powers", "inputs": [2]})
    assert [call[2]["x"].dtype for call in kinds.calls] == [np.float32, np.float32, np.float64]


def test_a_refusal_by_a_new_version_is_tried_again_with_its_signature() -> None:
    class Strict(Kinds):
        async def predict(
            self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
        ) -> Reply:
            if inputs["x"].dtype != ELEMENTS[self.by_name["powers"].inputs["x"].data_type].dtype:
                self.calls.append((ref, signature, inputs, context))
                raise ModelRefused("another dtype")
            return await super().predict(ref, signature, inputs, context)

    strict = Strict()
    client = caller(strict, models=("kinds",))
    ask(client, {"signature_name": "powers", "inputs": [2]})
    strict.version = 2
    strict.by_name["powers"] = Signature({"x": vector(pb.DT_DOUBLE)}, {"powers": vector(pb.DT_DOUBLE)})
    assert ask(client, {"signature_name": "powers", "inputs": [2]}) == {"outputs": [[2, 4, 8]]}


def test_a_model_server_that_is_away_is_503() -> None:
    class Away(Kinds):
        async def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:  # noqa: ARG002
            raise ModelUnavailable("away", retry_after=1)

    away = create_app(Settings(models=("kinds",)), Away()).test_client()
    response = away.post("/v1/models/kinds:predict", json={"instances": [1]})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
