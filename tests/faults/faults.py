"""The faults that a stand-in can have, by name, and the status that callers of ``:classify`` get."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import grpc
import numpy as np

from serving.contract import OUTPUT_CARD, OUTPUT_LABELS, OUTPUT_OOD_SCORE, OUTPUT_PROBABILITIES
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.tensors import Array, from_proto, to_proto
from tests.faults.stand_in import Call, Fault

Change = Callable[[Array], Array]

REFUSED, AWAY, LATE = 502, 503, 504

OVER_CODES = {
    grpc.StatusCode.UNAVAILABLE: AWAY,
    grpc.StatusCode.CANCELLED: AWAY,
    grpc.StatusCode.ABORTED: AWAY,
    grpc.StatusCode.NOT_FOUND: AWAY,
    grpc.StatusCode.DEADLINE_EXCEEDED: LATE,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
}


def code(status: grpc.StatusCode) -> Fault:
    """Every call ends with this code."""

    def answer(_right: Call, context: grpc.ServicerContext) -> bytes:
        context.abort(status, "of /srv/secret/path")

    return answer


def silence(ended: threading.Event) -> Fault:
    """No answer until the caller gives up, or the silence is ended."""

    def answer(right: Call, context: grpc.ServicerContext) -> bytes:
        while context.is_active() and not ended.wait(0.02):
            pass
        return right()

    return answer


def slow(seconds: float) -> Fault:
    """The right answer, late."""

    def answer(right: Call, context: grpc.ServicerContext) -> bytes:
        end = time.monotonic() + seconds
        while context.is_active() and time.monotonic() < end:
            time.sleep(0.01)
        return right()

    return answer


def content(made: bytes | Callable[[bytes], bytes]) -> Fault:
    """These bytes, or what is made of the right ones."""
    return lambda right, _context: made if isinstance(made, bytes) else made(right())


def output(name: str, change: Change) -> Fault:
    """The right answer with one output changed."""

    def made(right: bytes) -> bytes:
        response = pb.PredictResponse.FromString(right)
        response.outputs[name].CopyFrom(to_proto(change(from_proto(response.outputs[name]))))
        return response.SerializeToString()

    return content(made)


def tensor(name: str, change: Callable[[pb.TensorProto], object]) -> Fault:
    """The right answer with one output's message changed."""

    def made(right: bytes) -> bytes:
        response = pb.PredictResponse.FromString(right)
        change(response.outputs[name])
        return response.SerializeToString()

    return content(made)


def message(change: Callable[[pb.PredictResponse], object]) -> Fault:
    """The right answer, changed as a message."""

    def made(right: bytes) -> bytes:
        response = pb.PredictResponse.FromString(right)
        change(response)
        return response.SerializeToString()

    return content(made)


def filled(value: float) -> Change:
    """The first row of it all one value."""

    def change(array: Array) -> Array:
        changed = array.copy()
        changed[0] = value
        return changed

    return change


def reshaped(*sizes: int) -> Callable[[pb.TensorProto], None]:
    """The same values under another shape."""

    def change(tensor: pb.TensorProto) -> None:
        del tensor.tensor_shape.dim[:]
        for size in sizes:
            tensor.tensor_shape.dim.add(size=size)

    return change


def emptied(*sizes: int) -> Callable[[pb.TensorProto], None]:
    """No values under a shape."""

    def change(tensor: pb.TensorProto) -> None:
        tensor.tensor_content = b""
        reshaped(*sizes)(tensor)

    return change


def _add_scores(scores: Array) -> Fault:
    return message(lambda response: response.outputs[OUTPUT_OOD_SCORE].CopyFrom(to_proto(scores)))


_P = OUTPUT_PROBABILITIES

WRONG_ANSWERS: dict[str, Fault] = {
    "a row too many": output(_P, lambda rows: np.concatenate([rows, rows[:1]])),
    "no row": output(_P, lambda rows: rows[:0]),
    "a class too few": output(_P, lambda rows: rows[:, :-1]),
    "one flat row": output(_P, lambda rows: rows.ravel()),
    "a third axis": output(_P, lambda rows: rows[:, :, None]),
    "a scalar": output(_P, lambda rows: rows[0, 0].reshape(())),
    "a hundred axes": tensor(_P, reshaped(*[1] * 99, 10)),
    "an endless shape without values": tensor(_P, emptied(0, 2**62, 2**62)),
    "a shape of other size": tensor(_P, reshaped(1, 11)),
    "an unknown shape": tensor(_P, reshaped(-1, 10)),
    "float64": output(_P, lambda rows: rows.astype(np.float64)),
    "float16": output(_P, lambda rows: rows.astype(np.float16)),
    "integers": output(_P, lambda rows: rows.astype(np.int64)),
    "strings": output(_P, lambda rows: np.full(rows.shape, b"1.0", object)),
    "complex": output(_P, lambda rows: rows.astype(np.complex64)),
    "an unknown type": tensor(_P, lambda each: setattr(each, "dtype", 99)),
    "nan": output(_P, filled(np.nan)),
    "infinity": output(_P, filled(np.inf)),
    "below zero": output(_P, filled(-0.1)),
    "a sum of ten": output(_P, filled(1.0)),
    "no outputs": message(lambda response: response.outputs.clear()),
    "another output": message(lambda response: response.outputs["logits"].CopyFrom(response.outputs.pop(_P))),
    "no version": message(lambda response: response.model_spec.ClearField("version")),
    "scores of another shape": _add_scores(np.zeros((1, 1), np.float32)),
    "a score that is no number": _add_scores(np.full(1, np.nan, np.float32)),
    "garbage": content(bytes(range(255, 0, -1))),
    "nothing at all": content(b""),
    "half of the answer": content(lambda right: right[: len(right) // 2]),
}

_CARD = OUTPUT_CARD


def _texts(*texts: bytes) -> Change:
    return lambda _array: np.array(texts, object)


WRONG_DESCRIPTIONS: dict[str, Fault] = {
    "no card": message(lambda response: response.outputs.pop(_CARD)),
    "no labels": message(lambda response: response.outputs.pop(OUTPUT_LABELS)),
    "an empty card": output(_CARD, lambda cards: cards[:0]),
    "a card that is a number": output(_CARD, lambda _cards: np.zeros(1, np.float32)),
    "labels that are numbers": output(OUTPUT_LABELS, lambda _labels: np.zeros((1, 10), np.float32)),
    "a card that is no JSON": output(_CARD, _texts(b"{")),
    "a card that is a list": output(_CARD, _texts(b"[]")),
    "a card that is no text": output(_CARD, _texts(b"\xff\xfe")),
    "a card without an end": output(_CARD, _texts(b"[" * 100_000)),
    "a card of another contract": output(_CARD, _texts(b'{"contract_version": 99}')),
    "a card that lacks all": output(_CARD, _texts(b'{"contract_version": 1}')),
    "other labels than the card's": output(OUTPUT_LABELS, lambda labels: labels[:, ::-1].copy()),
    "garbage": content(b"\xff" * 100),
    "nothing at all": content(b""),
}


def _status(state: int) -> bytes:
    response = pb.GetModelStatusResponse()
    response.model_version_status.add(version=1, state=state)
    return response.SerializeToString()


WRONG_STATUSES: dict[str, Fault] = {
    "garbage": content(b"\xff" * 100),
    "no version": content(b""),
    "a state that nobody knows": content(_status(77)),
    "a version that ended": content(_status(50)),
}


def _signatures(packed: bytes) -> bytes:
    response = pb.GetModelMetadataResponse()
    response.metadata["signature_def"].value = packed
    return response.SerializeToString()


WRONG_SIGNATURES: dict[str, Fault] = {
    "garbage": content(b"\xff" * 100),
    "nothing at all": content(b""),
    "garbage within": content(_signatures(b"\xff" * 100)),
}
