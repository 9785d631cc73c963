"""``:classify``: pictures in, labels out."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response

from serving.gateway.routes.exchanges import LABEL_PATH, MODEL_PATH, VERSION_PATH
from serving.gateway.routes.picture_answers import answered, judged
from serving.gateway.routes.pictures import receive
from serving.gateway.server import bridge
from serving.gateway.services import services

blueprint = Blueprint("classify", __name__)


@blueprint.post("/classify", endpoint="classify_default")
@blueprint.post(f"/v1{MODEL_PATH}:classify")
@blueprint.post(f"/v1{VERSION_PATH}:classify", endpoint="classify_version")
@blueprint.post(f"/v1{LABEL_PATH}:classify", endpoint="classify_label")
def classify(**named: str) -> Response:
    """Classify pictures with the default model, a model, one of its versions, or the one with a label."""
    serving, asked = services(), receive(named)
    ref, uploads, options, context, stages, _ = asked
    answer = bridge.wait_for(serving.classifier.classify(ref, uploads, options.fit, context, stages))
    serving.metrics.count_answer(answer)
    describe = partial(judged, card=answer.servable.card, options=options, top_k=options.top_k)
    return answered(asked, answer, "predictions", describe)
