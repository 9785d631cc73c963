"""``:read``: pictures in, the numbers on them out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from serving.contract import Card
from serving.errors import InputError
from serving.gateway.inference.reading import Reading, Readings, ReadMark
from serving.gateway.middleware import request_state as state
from serving.gateway.protocols.options import ClassifyOptions
from serving.gateway.protocols.uploads import Upload
from serving.gateway.routes.exchanges import LABEL_PATH, MODEL_PATH, VERSION_PATH, json_response
from serving.gateway.routes.picture_answers import described, judged
from serving.gateway.routes.pictures import note_version, receive
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
    current, serving = state.current(), services()
    ref, uploads, options, context, size = receive(named)
    if options.fit != FITS[0]:
        raise InputError(f":read accepts only fit={FITS[0]}, because it prepares each mark on the picture.")
    answer = bridge.wait_for(serving.reader.read(ref, uploads, context, current.stages))
    note_version(ref, answer.servable)
    serving.metrics.count_readings(answer)
    started = time.perf_counter()
    # Marks list their classes only if the query asks for top_k; most callers want the text.
    top_k = options.top_k if "top_k" in request.args else None
    response = serving.compute(context.deadline, partial(_respond, uploads, answer, options, top_k), size)
    current.stages.encode = time.perf_counter() - started
    return response


def _respond(
    uploads: Sequence[Upload], answer: Readings, options: ClassifyOptions, top_k: int | None
) -> Response:
    """The response with an answer; raises like ``described``."""
    servable = answer.servable
    readings = described(
        uploads, answer.results, lambda reading: _reading(reading, servable.card, options, top_k)
    )
    model = {"name": servable.name, "version": servable.version, "run": servable.card.run_id}
    return json_response({"model": model, "readings": readings})


def _reading(reading: Reading, card: Card, options: ClassifyOptions, top_k: int | None) -> dict[str, Any]:
    lines = [
        {
            "text": "".join(card.labels[mark.classified.order[0]] for mark in line),
            "marks": [_mark(mark, card, options, top_k) for mark in line],
        }
        for line in reading.lines
    ]
    text = "\n".join(str(line["text"]) for line in lines)
    return {"status": reading.status, "text": text, "lines": lines}


def _mark(mark: ReadMark, card: Card, options: ClassifyOptions, top_k: int | None) -> dict[str, Any]:
    return {**judged(mark.classified, card, options, top_k), "box": list(mark.box)}
