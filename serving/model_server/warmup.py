"""Warm-up: replays the requests that a version contains before it takes traffic."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from serving.model_server import predict
from serving.model_server.servable import Servable
from serving.model_server.status import Code, StatusError, invalid_argument

RECORDS = Path("assets.extra") / "tf_serving_warmup_requests"
_MOST_RECORDS = 1000


def warm_up(servable: Servable, path: Path, rounds: int = 1) -> None:
    """Run every recorded request; a version without records needs no warm-up.

    Args:
        servable: the loaded version.
        path: the version's folder, with a TFRecord file of ``PredictionLog`` in ``assets.extra``.
        rounds: how often each request is run.

    Raises:
        StatusError: a record cannot be read or its request fails, so that the version must not serve.
    """
    file = path / RECORDS
    if not file.is_file():
        return
    try:
        for number, record in enumerate(tf.compat.v1.io.tf_record_iterator(str(file))):
            if number >= _MOST_RECORDS:
                raise invalid_argument(
                    f"Number of warmup records exceeds the maximum ({_MOST_RECORDS}) at {file}"
                )
            log = prediction_log_pb2.PredictionLog.FromString(record)
            for _ in range(rounds):
                _replay(servable, log)
    except (tf.errors.OpError, ValueError) as error:
        raise invalid_argument(f"Failed to parse warmup record: {error} from {file}") from error


def _replay(servable: Servable, log: prediction_log_pb2.PredictionLog) -> None:
    kind = log.WhichOneof("log_type")
    if kind != "predict_log":
        raise StatusError(Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {kind}")
    request = log.predict_log.request
    signature = predict.find_signature(servable, request.model_spec.signature_name)
    inputs = predict.read_inputs(request, signature)
    predict.run(servable, signature, inputs, request.output_filter)
