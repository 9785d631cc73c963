"""Requests with pictures, as several routes read them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from flask import Request, request

from serving.errors import InputError
from serving.gateway.deadline import Deadline
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.middleware import request_state as state
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.names import ModelRef, model_ref
from serving.gateway.protocols.options import ClassifyOptions, add_fields, read_options
from serving.gateway.protocols.uploads import Sent, Upload, read_uploads
from serving.gateway.routes.exchanges import call_context
from serving.gateway.services import services
from serving.gateway.telemetry.stages import Stages


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


def _chosen(address: ModelRef | None, field: str | None) -> ModelRef | None:
    """The model that the address names, else the form; None if neither does."""
    if address is None:
        return model_ref(field) if field else None
    if field and field != address.name:
        raise InputError(f"The form names another model than the path, which names {address.name!r}.")
    return address
