"""Requests with pictures, and their answers, as several routes read and write them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from flask import Request, Response, request

from serving.errors import AllImagesFailed, InputError, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.inference.classification import Answer
from serving.gateway.middleware import request_state as state
from serving.gateway.middleware.problems import problem
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.names import ModelRef, model_ref
from serving.gateway.protocols.options import ClassifyOptions, add_fields, read_options
from serving.gateway.protocols.uploads import Sent, Upload, read_uploads
from serving.gateway.routes.exchanges import call_context, json_response
from serving.gateway.services import services
from serving.gateway.telemetry.stages import Stages

T = TypeVar("T")


class PictureRequest(NamedTuple):
    """A request with pictures; ``size`` is the length of its body in bytes."""

    ref: ModelRef
    uploads: list[Upload]
    options: ClassifyOptions
    context: CallContext
    stages: Stages
    size: int


def receive(named: Mapping[str, str]) -> PictureRequest:
    """Read the current request, whose address has the parts ``named``, and record what it asks in its state.

    Raises:
        InputError: (or a subclass) the request is not what the API takes.
        NotFound: no model can have the name in the address or in the form.
    """
    current, serving = state.current(), services()
    address = model_ref(**named) if named else None
    context = call_context()
    options = read_options(request)
    (uploads, fields), size = read_pictures(context.deadline)
    options = add_fields(options, request, fields)
    ref = _chosen(address, fields.get("model")) or ModelRef(serving.settings.default_model)
    current.images = len(uploads)
    current.model = serving.servables.known_name(ref)
    return PictureRequest(ref, uploads, options, context, current.stages, size)


def read_pictures(deadline: Deadline) -> tuple[Sent, int]:
    """The contents of the current request, and the length of its body; raises like ``read_uploads``."""
    serving, size = services(), request.content_length or 0
    sent: Request = request._get_current_object()  # type: ignore[attr-defined] # the proxy fails in threads
    return serving.compute(deadline, partial(read_uploads, sent, serving.settings), size), size


def note_version(ref: ModelRef, servable: ServedVersion) -> None:
    """Record in the state of the current request which version answered."""
    current = state.current()
    current.model, current.version, current.run_id = ref.name, servable.version, servable.card.run_id


def answered(
    asked: PictureRequest,
    answer: Answer[T],
    member: str,
    describe: Callable[[T], dict[str, Any]],
    **model: str,
) -> Response:
    """Write an answer, and record its version and the time to write it.

    Args:
        asked: the request.
        answer: a result or an error for each upload.
        member: the name of the list of entries, one for each upload.
        describe: makes an entry of a result.
        model: what to add to the name and the number of the version.

    Raises:
        ServiceError: the request has a single picture, and this is its error.
        AllImagesFailed: the request has several pictures, and all failed.
    """
    servable = answer.servable
    note_version(asked.ref, servable)
    started = time.perf_counter()

    def _respond() -> Response:
        about = {"name": servable.name, "version": servable.version, **model}
        return json_response({"model": about, member: _entries(asked.uploads, answer.results, describe)})

    response = services().compute(asked.context.deadline, _respond, asked.size)
    asked.stages.encode = time.perf_counter() - started
    return response


def _chosen(address: ModelRef | None, field: str | None) -> ModelRef | None:
    """The model that the address names, else the form; None if neither does."""
    if address is None:
        return model_ref(field) if field else None
    if field and field != address.name:
        raise InputError(f"The form names another model than the path, which names {address.name!r}.")
    return address


def _entries(
    uploads: Sequence[Upload], results: Sequence[T | ServiceError], describe: Callable[[T], dict[str, Any]]
) -> list[dict[str, Any]]:
    failed = [result for result in results if isinstance(result, ServiceError)]
    if failed and len(results) == 1:
        raise failed[0].again()
    entries: list[dict[str, Any]] = [
        {"name": upload.name, "error": problem(result)}
        if isinstance(result, ServiceError)
        else {"name": upload.name, **describe(result)}
        for upload, result in zip(uploads, results, strict=True)
    ]
    if len(failed) == len(results):
        raise AllImagesFailed(
            f"None of the {len(entries)} pictures could be classified; errors lists the reasons.", entries
        )
    return entries
