"""``:predict``: TensorFlow Serving's REST predict, in rows (``instances``) and in columns (``inputs``)."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request

from serving.gateway.middleware import request_state as state
from serving.gateway.model_client.predictor import Reply
from serving.gateway.names import model_ref
from serving.gateway.protocols.bodies import load_json, read_body
from serving.gateway.protocols.rows_and_columns import check_body, read_inputs, write_outputs
from serving.gateway.routes.exchanges import LABEL_PATH, MODEL_PATH, VERSION_PATH, call_context, json_response
from serving.gateway.server import bridge
from serving.gateway.services import services

blueprint = Blueprint("predict", __name__, url_prefix="/v1")


@blueprint.post(f"{MODEL_PATH}:predict")
@blueprint.post(f"{VERSION_PATH}:predict", endpoint="predict_version")
@blueprint.post(f"{LABEL_PATH}:predict", endpoint="predict_label")
def predict(**named: str) -> Response:
    """Call a model with tensors as JSON: the newest version, one version, or one that has a label."""
    ref, current, serving, context = model_ref(**named), state.current(), services(), call_context()
    content = read_body(request, serving.settings.max_request_bytes)
    body = serving.compute(context.deadline, partial(load_json, content), len(content))
    signature, inputs = check_body(body), partial(read_inputs, body)
    current.model = serving.servables.known_name(ref)
    reply = bridge.wait_for(serving.forwarder.predict(ref, signature, inputs, context, len(content)))
    current.model, current.version = ref.name, reply.version
    return serving.compute(context.deadline, partial(_response, reply, "instances" in body), len(content))


def _response(reply: Reply, in_rows: bool) -> Response:
    outputs = write_outputs(reply.outputs, in_rows)
    return json_response({"predictions" if in_rows else "outputs": outputs})
