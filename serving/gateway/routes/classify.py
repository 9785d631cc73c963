"""``:classify``: pictures in, labels out."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

from flask import Blueprint, Response

from serving.contract import Card
from serving.gateway.inference.judgement import Classified
from serving.gateway.protocols.options import ClassifyOptions
from serving.gateway.routes.exchanges import LABEL_PATH, MODEL_PATH, VERSION_PATH
from serving.gateway.routes.pictures import answered, receive
from serving.gateway.server import bridge
from serving.gateway.services import services
from serving.images.plain_png import to_png

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


def judged(result: Classified, card: Card, options: ClassifyOptions, top_k: int | None) -> dict[str, Any]:
    """The entry for one picture or mark; ``top_k`` is None for no list of classes under ``top``."""
    labels, probabilities, order = card.labels, result.probabilities, result.order
    top = [
        {"label": labels[index], "class_id": index, "probability": probabilities[index]}
        for index in order[: top_k or 1]
    ]
    answer: dict[str, Any] = {"status": result.status, **top[0]}
    if top_k is not None:
        answer["top"] = top
    if result.prepared.warnings:
        answer["warnings"] = result.prepared.warnings
    if options.probabilities:
        answer["probabilities"] = dict(zip(labels, probabilities, strict=True))
    if options.input:
        answer["input"] = {
            "png_b64": base64.b64encode(to_png(result.prepared.pixels)).decode(),
            "steps": result.prepared.steps,
        }
    return answer
