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
from serving.gateway.names import ModelRef, model_ref
from serving.gateway.protocols.options import ClassifyOptions
from serving.gateway.protocols.uploads import Upload
from serving.gateway.routes.pictures import described, json_response, judged, note_version, receive
from serving.gateway.server import bridge
from serving.gateway.services import services
from serving.images import FITS

blueprint = Blueprint("read", __name__)


@blueprint.post("/read")
def read_default() -> Response:
    """Read the numbers on pictures with the default model."""
    return _read(None)


@blueprint.post("/v1/models/<word:model>:read")
def read(model: str) -> Response:
    """Read the numbers on pictures with the newest version of a model."""
    return _read(model_ref(model))


@blueprint.post("/v1/models/<word:model>/versions/<word:version>:read")
def read_version(model: str, version: str) -> Response:
    """Read the numbers on pictures with one version of a model."""
    return _read(model_ref(model, version=version))


@blueprint.post("/v1/models/<word:model>/labels/<word:label>:read")
def read_label(model: str, label: str) -> Response:
    """Read the numbers on pictures with the version of a model that has a label."""
    return _read(model_ref(model, label=label))


def _read(named: ModelRef | None) -> Response:
    current, serving = state.current(), services()
    ref, uploads, options, deadline, size = receive(named)
    if options.fit != FITS[0]:
        raise InputError(f"Reading finds each mark on the picture: fit is {FITS[0]} here.")
    answer = bridge.wait_for(
        serving.reader.read(ref, uploads, current.call_context(deadline), current.stages)
    )
    note_version(ref, answer.servable)
    serving.metrics.count_readings(answer)
    started = time.perf_counter()
    # With the query's own top_k each mark lists its classes; most callers want the text.
    top_k = options.top_k if "top_k" in request.args else None
    response = serving.compute(deadline, partial(_respond, uploads, answer, options, top_k), size)
    current.stages.encode = time.perf_counter() - started
    return response


def _respond(
    uploads: Sequence[Upload], answer: Readings, options: ClassifyOptions, top_k: int | None
) -> Response:
    """The response for an answer, which for a single picture may be its error; raises as ``described``."""
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
