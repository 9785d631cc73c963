"""``:predict``: TensorFlow Serving's REST predict, in rows (``instances``) and in columns (``inputs``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import orjson
from flask import Blueprint, Response, request

from serving.gateway.middleware import request_state as state
from serving.gateway.model_client.predictor import Reply
from serving.gateway.names import model_ref
from serving.gateway.protocols.bodies import load_json, read_body
from serving.gateway.protocols.rows_and_columns import check_body, columns_in, columns_out, rows_in, rows_out
from serving.gateway.routes.exchanges import LABEL_PATH, MODEL_PATH, VERSION_PATH, call_context
from serving.gateway.server import bridge
from serving.gateway.services import services
from serving.wire.signatures import Signature
from serving.wire.tensors import Array

blueprint = Blueprint("predict", __name__, url_prefix="/v1")


@blueprint.post(f"{MODEL_PATH}:predict")
@blueprint.post(f"{VERSION_PATH}:predict", endpoint="predict_version")
@blueprint.post(f"{LABEL_PATH}:predict", endpoint="predict_label")
def predict(**named: str) -> Response:
    """Call a model with tensors as JSON: the newest version, one version, or one that has a label."""
    ref, current, serving, context = model_ref(**named), state.current(), services(), call_context()
    content = read_body(request, serving.settings.max_request_bytes)
    body = serving.compute(context.deadline, partial(load_json, content), len(content))
    in_rows, signature_name = check_body(body)

    def convert(signature: Signature) -> Mapping[str, Array]:
        return rows_in(body["instances"], signature) if in_rows else columns_in(body["inputs"], signature)

    current.model = serving.servables.known_name(ref)
    reply = bridge.wait_for(serving.forward(ref, signature_name, convert, context, len(content)))
    current.model, current.version = ref.name, reply.version
    answer = serving.compute(context.deadline, partial(_encoded, reply, in_rows), len(content))
    return Response(answer, content_type="application/json")


def _encoded(reply: Reply, in_rows: bool) -> bytes:
    answer = {"predictions": rows_out(reply.outputs)} if in_rows else {"outputs": columns_out(reply.outputs)}
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
