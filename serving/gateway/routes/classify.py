"""``:classify``: pictures in, labels out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from flask import Blueprint, Response

from serving.gateway.inference.classification import Classification
from serving.gateway.middleware import request_state as state
from serving.gateway.protocols.options import ClassifyOptions
from serving.gateway.protocols.uploads import Upload
from serving.gateway.routes.exchanges import LABEL_PATH, MODEL_PATH, VERSION_PATH, json_response
from serving.gateway.routes.picture_answers import described, judged
from serving.gateway.routes.pictures import note_version, receive
from serving.gateway.server import bridge
from serving.gateway.services import services

blueprint = Blueprint("classify", __name__)


@blueprint.post("/classify", endpoint="classify_default")
@blueprint.post(f"/v1{MODEL_PATH}:classify")
@blueprint.post(f"/v1{VERSION_PATH}:classify", endpoint="classify_version")
@blueprint.post(f"/v1{LABEL_PATH}:classify", endpoint="classify_label")
def classify(**named: str) -> Response:
    """Classify pictures with the default model, a model, one of its versions, or the one with a label."""
    current, serving = state.current(), services()
    ref, uploads, options, context, size = receive(named)
    answer = bridge.wait_for(serving.classifier.classify(ref, uploads, options.fit, context, current.stages))
    note_version(ref, answer.servable)
    serving.metrics.count_answer(answer)
    started = time.perf_counter()
    response = serving.compute(context.deadline, partial(_respond, uploads, answer, options), size)
    current.stages.encode = time.perf_counter() - started
    return response


def _respond(uploads: Sequence[Upload], answer: Classification, options: ClassifyOptions) -> Response:
    """The response with an answer; raises like ``described``."""
    card = answer.servable.card
    predictions = described(
        uploads, answer.results, lambda result: judged(result, card, options, options.top_k)
    )
    model = {"name": answer.servable.name, "version": answer.servable.version}
    return json_response({"model": model, "predictions": predictions})
