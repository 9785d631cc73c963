"""Models come, go and are many: calls with tensors notice, and no more cards are kept than may be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from serving.contract import SIGNATURE_PREDICT
from serving.errors import ModelUnavailable
from serving.gateway.deadline import Deadline
from serving.gateway.inference import cards
from serving.gateway.inference.forwarding import Forwarder
from serving.gateway.inference.servables import VersionRegistry
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.names import ModelRef
from serving.gateway.server.bridge import wait_for
from serving.gateway.threads import Threads
from serving.wire.signatures import Signature
from serving.wire.tensors import Array
from tests.unit.gateway.fakes import Call, FakePredictor, FakeVersion

CONTEXT = CallContext(Deadline.after(3600))


def blank(_signature: Signature) -> Mapping[str, Array]:
    return {"images": np.zeros((1, 28, 28, 1), np.float32)}


def test_a_model_that_goes_away_after_its_signatures_were_read_is_unavailable() -> None:
    predictor = FakePredictor()

    def go_away(_call: Call) -> None:
        predictor.models.clear()

    predictor.before_predict = go_away
    forwarder = Forwarder(VersionRegistry(predictor, ("digits",)), predictor, Threads(1), 2)
    with pytest.raises(ModelUnavailable, match="is not loaded now"):
        wait_for(forwarder.predict(ModelRef("digits"), SIGNATURE_PREDICT, blank, CONTEXT, 0))


def test_no_more_cards_are_kept_than_may_be_and_the_latest_stay() -> None:
    names = [f"model-{number}" for number in range(cards.MAX_KEPT + 10)]
    servables = VersionRegistry(FakePredictor({name: {1: FakeVersion()} for name in names}), ())
    for name in names:
        wait_for(servables.current(ModelRef(name), CONTEXT))
    known = [name for name in names if servables.known_name(ModelRef(name))]
    assert known == names[10:]
