"""``:correct``: keeps a picture with its right label for the next training."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request

from serving.errors import InputError, NotFound, ServiceError
from serving.gateway.corrections import Correction
from serving.gateway.middleware import request_state as state
from serving.gateway.names import model_ref
from serving.gateway.protocols.uploads import Upload
from serving.gateway.routes.exchanges import MODEL_PATH, call_context, json_response
from serving.gateway.routes.pictures import note_version, read_pictures
from serving.gateway.server import bridge
from serving.gateway.services import services
from serving.images.formats import sniff
from serving.images.plain_png import to_png

blueprint = Blueprint("corrections", __name__)

PARAMETER = "label"


@blueprint.post(f"/v1{MODEL_PATH}:correct")
def correct(model: str) -> Response:
    """Keep a picture with its right label for the next training of a model.

    The label is a query parameter or a text field of the form, and one of the model's labels. The upload and
    the 28x28 pixels that the model saw are kept, and nothing about the sender.
    """
    ref, current, serving = model_ref(model), state.current(), services()
    if serving.corrections is None:
        raise NotFound("This service keeps no corrections: its operator has not set GATEWAY_CORRECTIONS_DIR.")
    context = call_context()
    (uploads, fields), _ = read_pictures(context.deadline)
    upload, label = _only(uploads), _label(fields.get(PARAMETER))
    current.model, current.images = serving.servables.known_name(ref), 1
    served = bridge.wait_for(serving.servables.current(ref, context))
    note_version(ref, served)
    if label not in served.card.labels:
        raise InputError(f"The model has no such label. Its labels are {_listed(served.card.labels)}.")
    (prepared,) = bridge.wait_for(
        serving.preparation.prepare([upload], served.card.recipe, "auto", context, current.stages)
    )
    if isinstance(prepared, ServiceError):
        raise prepared.again()
    extension, pixels = sniff(upload.data).lower(), to_png(prepared.pixels)
    correction = Correction(ref.name, label, upload.data, extension, pixels)
    kept = bridge.wait_for(
        serving.threads.run(context.deadline, partial(serving.corrections.keep, correction))
    )
    model_version = {"name": ref.name, "version": served.version}
    return json_response({"model": model_version, "label": label, "id": correction.digest, "new": kept})


def _only(uploads: list[Upload]) -> Upload:
    if len(uploads) != 1:
        raise InputError("A correction needs one picture and its label. Send one request for each picture.")
    if uploads[0].error is not None:
        raise uploads[0].error.again()
    return uploads[0]


def _label(field: str | None) -> str:
    """The label, from the query or the form, where it must be the same if both have one."""
    if set(request.args) - {PARAMETER}:
        raise InputError(f"Unknown query parameter; known is {PARAMETER}.")
    given = {*request.args.getlist(PARAMETER), *([field] if field else [])}
    if len(given) != 1:
        raise InputError(f"Send the right label once, such as ?{PARAMETER}=7 or -F {PARAMETER}=7.")
    return given.pop()


def _listed(labels: tuple[str, ...], most: int = 30) -> str:
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(labels[:most]) + more
