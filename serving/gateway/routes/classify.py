"""``:classify``: pictures in, labels out."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import orjson
from flask import Blueprint, Request, Response, request
from numpy.typing import NDArray
from PIL import Image

from serving.contract import Card
from serving.errors import AllImagesFailed, InputError, ServiceError
from serving.gateway.inference.classification import Classification
from serving.gateway.inference.judgement import Classified
from serving.gateway.middleware import request_state as state
from serving.gateway.middleware.problems import problem
from serving.gateway.names import ModelRef, model_ref
from serving.gateway.protocols.options import ClassifyOptions, add_fields, read_options
from serving.gateway.protocols.uploads import Upload, read_uploads
from serving.gateway.server import bridge
from serving.gateway.services import services

blueprint = Blueprint("classify", __name__)


@blueprint.post("/classify")
def classify_default() -> Response:
    """Classify pictures with the default model."""
    return _classify(None)


@blueprint.post("/v1/models/<word:model>:classify")
def classify(model: str) -> Response:
    """Classify pictures with the newest version of a model."""
    return _classify(model_ref(model))


@blueprint.post("/v1/models/<word:model>/versions/<word:version>:classify")
def classify_version(model: str, version: str) -> Response:
    """Classify pictures with one version of a model."""
    return _classify(model_ref(model, version=version))


@blueprint.post("/v1/models/<word:model>/labels/<word:label>:classify")
def classify_label(model: str, label: str) -> Response:
    """Classify pictures with the version of a model that has a label."""
    return _classify(model_ref(model, label=label))


def _classify(named: ModelRef | None) -> Response:
    current, serving = state.current(), services()
    deadline = current.deadline(request, serving.settings.deadline_seconds)
    options = read_options(request)
    size = request.content_length or 0
    sent: Request = request._get_current_object()  # type: ignore[attr-defined] # the proxy fails in threads
    uploads, fields = serving.compute(deadline, partial(read_uploads, sent, serving.settings), size)
    options = add_fields(options, request, fields)
    ref = _chosen(named, fields.get("model"), serving.settings.default_model)
    current.images = len(uploads)
    context = current.call_context(deadline)
    current.model = serving.servables.known_name(ref)
    answer = bridge.wait_for(serving.classifier.classify(ref, uploads, options.fit, context, current.stages))
    current.model, current.version = ref.name, answer.servable.version
    current.run_id = answer.servable.card.run_id
    serving.metrics.count_answer(answer)
    started = time.perf_counter()
    response = serving.compute(deadline, partial(_respond, uploads, answer, options), size)
    current.stages.encode = time.perf_counter() - started
    return response


def _chosen(named: ModelRef | None, field: str | None, default: str) -> ModelRef:
    """The model that the address names, or else the form, or else the default one.

    Raises:
        InputError: address and form name different ones.
        NotFound: no model can have the name in the form.
    """
    if named is None:
        return model_ref(field) if field else ModelRef(default)
    if field and field != named.name:
        raise InputError(f"The form names another model than the address, which asks for {named.name!r}.")
    return named


def _respond(uploads: Sequence[Upload], answer: Classification, options: ClassifyOptions) -> Response:
    """The response for an answer, which for a single picture may be its error.

    Raises:
        AllImagesFailed: several pictures, and none could be classified.
    """
    only = answer.results[0]
    if isinstance(only, ServiceError) and len(answer.results) == 1:
        raise only.again()
    card = answer.servable.card
    predictions = [
        _prediction(upload.name, result, card, options)
        for upload, result in zip(uploads, answer.results, strict=True)
    ]
    if all(isinstance(result, ServiceError) for result in answer.results):
        raise AllImagesFailed(
            f"None of the {len(predictions)} pictures could be classified; errors says why.",
            predictions,
        )
    body = {
        "model": {"name": answer.servable.name, "version": answer.servable.version},
        "predictions": predictions,
    }
    return Response(orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY), content_type="application/json")


def _prediction(
    name: str | None, result: Classified | ServiceError, card: Card, options: ClassifyOptions
) -> dict[str, Any]:
    if isinstance(result, ServiceError):
        return {"name": name, "error": problem(result)}
    labels, probabilities, order = card.labels, result.probabilities, result.order
    top = [
        {"label": labels[index], "class_id": index, "probability": probabilities[index]}
        for index in order[: options.top_k]
    ]
    prediction: dict[str, Any] = {"name": name, "status": result.status, **top[0], "top": top}
    if result.prepared.warnings:
        prediction["warnings"] = result.prepared.warnings
    if options.probabilities:
        prediction["probabilities"] = dict(zip(labels, probabilities, strict=True))
    if options.input:
        prediction["input"] = {
            "png_b64": base64.b64encode(png(result.prepared.pixels)).decode(),
            "steps": result.prepared.steps,
        }
    return prediction


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Grey pixels ``[H, W]`` as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
