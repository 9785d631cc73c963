"""``:read``: pictures in, the numbers on them out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from serving.contract import Card
from serving.errors import InputError
from serving.gateway.inference.judgement import Classified
from serving.gateway.inference.reading import Reading
from serving.gateway.routes.classify import judged
from serving.gateway.routes.exchanges import LABEL_PATH, MODEL_PATH, VERSION_PATH
from serving.gateway.routes.pictures import answered, receive
from serving.gateway.server import bridge
from serving.gateway.services import services
from serving.images import FITS

blueprint = Blueprint("read", __name__)


@blueprint.post("/read", endpoint="read_default")
@blueprint.post(f"/v1{MODEL_PATH}:read")
@blueprint.post(f"/v1{VERSION_PATH}:read", endpoint="read_version")
@blueprint.post(f"/v1{LABEL_PATH}:read", endpoint="read_label")
def read(**named: str) -> Response:
    """Read the numbers on pictures, with whichever model or version the address names."""
    serving, asked = services(), receive(named)
    ref, uploads, options, context, stages, _ = asked
    if options.fit != FITS[0]:
        raise InputError(f":read accepts only fit={FITS[0]}, because it prepares each mark on the picture.")
    answer = bridge.wait_for(serving.reader.read(ref, uploads, context, stages))
    serving.metrics.count_readings(answer)
    card = answer.servable.card
    # Marks list their classes only if the query asks for top_k; most callers want the text.
    top_k = options.top_k if "top_k" in request.args else None
    describe = partial(_described, card, partial(judged, card=card, options=options, top_k=top_k))
    return answered(asked, answer, "readings", describe, run=card.run_id)


def _described(card: Card, judge: Callable[[Classified], dict[str, Any]], reading: Reading) -> dict[str, Any]:
    lines = [
        {
            "text": "".join(card.labels[mark.classified.order[0]] for mark in line),
            "marks": [{**judge(mark.classified), "box": list(mark.box)} for mark in line],
        }
        for line in reading.lines
    ]
    text = "\n".join(str(line["text"]) for line in lines)
    return {"status": reading.status, "text": text, "lines": lines}
