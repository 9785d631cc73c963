"""The models that are served: names, versions, labels and cards."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response

from serving.errors import NotFound, ServiceError
from serving.gateway.middleware import request_state as state
from serving.gateway.model_client.predictor import AVAILABLE, CallContext, VersionStatus
from serving.gateway.names import ModelRef, model_ref
from serving.gateway.routes.exchanges import MODEL_PATH, call_context, json_response
from serving.gateway.server import bridge
from serving.gateway.services import Services, services

blueprint = Blueprint("models", __name__, url_prefix="/v1")


@blueprint.get("/models")
def list_models() -> Response:
    """The models that are configured or were added, ready or not."""
    serving = services()
    body = {
        "models": bridge.wait_for(_all_listed(serving, call_context())),
        "default": serving.settings.default_model,
        "notice": serving.settings.notice or None,
        "limits": {
            "image_bytes": serving.settings.max_image_bytes,
            "image_pixels": serving.settings.max_image_pixels,
            "images": serving.settings.max_images,
            "marks": serving.settings.max_marks,
            "request_bytes": serving.settings.max_request_bytes,
            "seconds": serving.settings.deadline_seconds,
        },
        "corrections": serving.corrections is not None,
    }
    return json_response(body)


@blueprint.get(MODEL_PATH)
def show_model(model: str) -> Response:
    """One model, configured or not."""
    ref = model_ref(model)
    body = bridge.wait_for(_described(services(), ref, call_context()))
    state.current().model = ref.name
    return json_response(body)


async def _described(serving: Services, ref: ModelRef, context: CallContext) -> dict[str, Any]:
    """A model's entry in the answer; raises NotFound for a model that the model server does not know."""
    versions = await serving.servables.versions(ref.name, context)
    newest = next((each.version for each in versions if each.state == AVAILABLE), None)
    ready = newest is not None
    card = (await serving.servables.current(ModelRef(ref.name, newest), context)).card if ready else None
    return {
        "name": ref.name,
        "ready": ready,
        "versions": [await _version(serving, ref.name, each, context) for each in versions],
        "labels": list(card.labels) if card else [],
        "card": card.to_dict() if card else None,
    }


async def _version(
    serving: Services, name: str, version: VersionStatus, context: CallContext
) -> dict[str, Any]:
    """A version's number and state and, if it answers, the run that trained it."""
    body: dict[str, Any] = {"version": version.version, "state": version.state}
    if version.state == AVAILABLE:
        with suppress(ServiceError):
            found = await serving.servables.current(ModelRef(name, version.version), context)
            body["run_id"] = found.card.run_id
    return body


async def _all_listed(serving: Services, context: CallContext) -> list[dict[str, Any]]:
    return await asyncio.gather(*(_listed(serving, name, context) for name in serving.names.listed()))


async def _listed(serving: Services, name: str, context: CallContext) -> dict[str, Any]:
    try:
        return await _described(serving, ModelRef(name), context)
    except ServiceError as error:
        reason = "The model server does not have it." if isinstance(error, NotFound) else error.detail
    return {"name": name, "ready": False, "versions": [], "labels": [], "card": None, "reason": reason}
