"""What the routes that take pictures share: reading a request, and putting an answer together."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
from flask import Request, request
from numpy.typing import NDArray
from PIL import Image

from serving.contract import Card
from serving.errors import AllImagesFailed, InputError, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.inference.judgement import Classified
from serving.gateway.middleware import request_state as state
from serving.gateway.middleware.problems import problem
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.names import ModelRef, model_ref
from serving.gateway.protocols.options import ClassifyOptions, add_fields, read_options
from serving.gateway.protocols.uploads import Sent, Upload, read_uploads
from serving.gateway.routes.exchanges import call_context
from serving.gateway.services import services

T = TypeVar("T")


class PictureRequest(NamedTuple):
    """A request with pictures.

    Attributes:
        ref: the model it asks.
        uploads: its pictures.
        options: what of the answer the caller wants.
        context: when the caller stops waiting, and the request's ids.
        size: length of the body in bytes.
    """

    ref: ModelRef
    uploads: list[Upload]
    options: ClassifyOptions
    context: CallContext
    size: int


def receive(named: Mapping[str, str]) -> PictureRequest:
    """Read the request under way, and note in its state what is known of it.

    Args:
        named: the parts of the address that name a model, if it does.

    Raises:
        InputError: (or one of its kinds) when the request is not what the API takes.
        NotFound: no model can have the name in the address or in the form.
    """
    current, serving = state.current(), services()
    address = model_ref(**named) if named else None
    context = call_context()
    options = read_options(request)
    (uploads, fields), size = read_pictures(context.deadline)
    options = add_fields(options, request, fields)
    ref = _chosen(address, fields.get("model"), serving.settings.default_model)
    current.images = len(uploads)
    current.model = serving.servables.known_name(ref)
    return PictureRequest(ref, uploads, options, context, size)


def read_pictures(deadline: Deadline) -> tuple[Sent, int]:
    """What the request under way holds, and the length of its body; raises as ``read_uploads``."""
    serving, size = services(), request.content_length or 0
    sent: Request = request._get_current_object()  # type: ignore[attr-defined] # the proxy fails in threads
    return serving.compute(deadline, partial(read_uploads, sent, serving.settings), size), size


def note_version(ref: ModelRef, servable: ServedVersion) -> None:
    """Note in the state of the request under way which version answered."""
    current = state.current()
    current.model, current.version, current.run_id = ref.name, servable.version, servable.card.run_id


def described(
    uploads: Sequence[Upload], results: Sequence[T | ServiceError], describe: Callable[[T], dict[str, Any]]
) -> list[dict[str, Any]]:
    """The results by the names of their uploads, errors among them.

    Raises:
        ServiceError: the error of an only picture.
        AllImagesFailed: several pictures, and none could be used.
    """
    only = results[0]
    if isinstance(only, ServiceError) and len(results) == 1:
        raise only.again()
    entries: list[dict[str, Any]] = [
        {"name": upload.name, "error": problem(result)}
        if isinstance(result, ServiceError)
        else {"name": upload.name, **describe(result)}
        for upload, result in zip(uploads, results, strict=True)
    ]
    if all(isinstance(result, ServiceError) for result in results):
        raise AllImagesFailed(
            f"None of the {len(entries)} pictures could be classified; errors says why.", entries
        )
    return entries


def judged(
    result: Classified, card: Card, options: ClassifyOptions, top_k: int | None = None
) -> dict[str, Any]:
    """What the model says of one mark, and what the caller wants to know besides.

    Args:
        result: the model's judgement.
        card: of the version that gave it.
        options: what the caller wants.
        top_k: how many classes to list under ``top``; no such list when None.
    """
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
            "png_b64": base64.b64encode(png(result.prepared.pixels)).decode(),
            "steps": result.prepared.steps,
        }
    return answer


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


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Grey pixels ``[H, W]`` as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
