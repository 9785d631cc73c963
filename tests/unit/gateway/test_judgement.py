"""What the status of an answer says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from serving.contract import OUTPUT_OOD_SCORE, OUTPUT_PROBABILITIES, Thresholds
from serving.gateway.inference.judgement import OK, OUT_OF_DISTRIBUTION, UNCERTAIN, judge
from serving.gateway.model_client.predictor import Reply
from serving.images import Prepared
from tests.unit.gateway.fakes import FakeVersion


def status_of(best: float, score: float, warnings: tuple[str, ...]) -> str:
    """The status of an answer with this probability and score to a picture with these warnings."""
    version = FakeVersion(sureness=best)
    outputs = {
        OUTPUT_PROBABILITIES: version.probabilities(1),
        OUTPUT_OOD_SCORE: np.array([score], np.float32),
    }
    card = replace(version.card, thresholds=Thresholds(uncertain_below=0.8, ood_above=0.5))
    prepared = Prepared(np.zeros((28, 28), np.uint8), (), warnings, inverted=False, ink=0.1)
    return judge([prepared], Reply(1, outputs), card)[0].status


@pytest.mark.parametrize(
    ("best", "score", "warnings", "status"),
    [
        (0.99, 0.1, (), OK),
        (0.7, 0.1, (), UNCERTAIN),
        (0.99, 0.9, (), OUT_OF_DISTRIBUTION),
        (0.99, 0.1, ("Several marks were found.",), UNCERTAIN),
        (0.99, 0.9, ("Several marks were found.",), OUT_OF_DISTRIBUTION),
    ],
)
def test_an_answer_is_ok_only_where_model_and_preparation_agree(
    best: float, score: float, warnings: tuple[str, ...], status: str
) -> None:
    assert status_of(best, score, warnings) == status
