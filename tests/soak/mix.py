"""The mix of requests: what each kind sends, and what is wrong with what comes back."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.faults import known_model
from tests.faults.calls import PATH, Answer

PICTURES = 40
_BOUNDARY = "the-boundary-of-the-soak"
_INCLUDE = "?include=probabilities&top_k=1"


@dataclass(frozen=True)
class Request:
    """One request, and what is wrong with an answer to it (an empty string when nothing is)."""

    method: str
    path: str
    body: bytes
    content_type: str
    wrong: Callable[[Answer], str]


def one_picture(number: int) -> Request:
    """A PNG as the body."""
    png = known_model.picture(number % PICTURES)
    return Request("POST", f"{PATH}:classify{_INCLUDE}", png, "image/png", _right_for([number % PICTURES]))


def many_pictures(number: int) -> Request:
    """Eight PNGs as a form."""
    numbers = [(number + each) % PICTURES for each in range(8)]
    kind = f"multipart/form-data; boundary={_BOUNDARY}"
    return Request("POST", f"{PATH}:classify{_INCLUDE}", _form(tuple(numbers)), kind, _right_for(numbers))


def as_json(number: int) -> Request:
    """Two PNGs in JSON."""
    numbers = [number % PICTURES, (number + 7) % PICTURES]
    images = [{"b64": base64.b64encode(known_model.picture(each)).decode()} for each in numbers]
    body = json.dumps({"images": images}).encode()
    return Request("POST", f"{PATH}:classify{_INCLUDE}", body, "application/json", _right_for(numbers))


def tensors(number: int) -> Request:
    """TensorFlow Serving's ``:predict``."""
    chosen = number % PICTURES

    def wrong(answer: Answer) -> str:
        found = np.array(answer.body["predictions"], np.float32)
        fits = [_difference(found, chosen, kind) < known_model.TOLERANCE for kind in (0, 1)]
        return "" if any(fits) else f"{PATH}:predict answered as neither version does"

    return Request("POST", f"{PATH}:predict", _predict_body(chosen), "application/json", wrong)


def tensors_v2(number: int) -> Request:
    """The Open Inference Protocol."""
    chosen = number % PICTURES

    def wrong(answer: Answer) -> str:
        (output,) = answer.body["outputs"]
        version = int(answer.body["model_version"])
        difference = _difference(np.array([output["data"]], np.float32), chosen, known_model.kind_of(version))
        return "" if difference < known_model.TOLERANCE else f"v2: version {version} off by {difference:.3g}"

    path = f"/v2/models/{known_model.NAME}/infer"
    return Request("POST", path, _v2_body(chosen), "application/json", wrong)


def hostile(number: int) -> Request:
    """Something that is no request, or nearly one: refused with a problem, or answered where it can be."""
    chance = random.Random(number)
    png = bytearray(known_model.picture(number % PICTURES))
    for _ in range(3):
        png[chance.randrange(len(png))] = chance.randrange(256)
    cut = known_model.picture(number % PICTURES)[: chance.randrange(1, 200)]
    method, path, body, kind = chance.choice(
        (
            ("POST", f"{PATH}:classify", bytes(png), "image/png"),
            ("POST", f"{PATH}:classify", cut, "image/png"),
            ("POST", f"{PATH}:classify", chance.randbytes(300), "image/jpeg"),
            ("POST", f"{PATH}:classify", chance.randbytes(300), f"multipart/form-data; boundary={_BOUNDARY}"),
            ("POST", f"{PATH}:classify", b'{"images": [', "application/json"),
            ("POST", f"{PATH}:predict", b'{"instances": [[1, [2]]]}', "application/json"),
            ("POST", f"/v2/models/{known_model.NAME}/infer", b'{"inputs": 5}', "application/json"),
            ("POST", "/v1/models/..%2f..%2fetc:classify", bytes(png), "image/png"),
            ("GET", "/" + "x" * 2000, b"", ""),
            ("DELETE", f"{PATH}", b"", ""),
        )
    )
    return Request(method, path, body, kind, _refused)


def probes(number: int) -> Request:
    """What monitors and balancers ask."""
    method, path = (
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("HEAD", "/"),
        ("GET", PATH),
    )[number % 5]
    return Request(method, path, b"", "", lambda _answer: "")


Kind = Callable[[int], Request]

SHARES: Mapping[Kind, int] = {
    one_picture: 40,
    many_pictures: 10,
    as_json: 10,
    tensors: 15,
    tensors_v2: 10,
    hostile: 10,
    probes: 5,
}
_SLOTS: tuple[Kind, ...] = tuple(kind for kind, share in SHARES.items() for _ in range(share))


def request(number: int) -> tuple[str, Request]:
    """The request of a number, the same in every run, and its kind's name."""
    kind = _SLOTS[random.Random(number).randrange(len(_SLOTS))]
    return kind.__name__, kind(number)


def judged(sent: Request, answer: Answer) -> str:
    """What is wrong with an answer that came, whatever its status; empty when nothing is."""
    if answer.problem:
        return f"an error without its form: {answer.problem}"
    if sent.wrong is _refused:
        return _refused(answer)
    if answer.status != 200:
        return ""  # whether it may fail now is another question
    try:
        return sent.wrong(answer)
    except (KeyError, TypeError, ValueError) as error:
        return f"{sent.path}: an answer of another form: {error!r}"


def _right_for(numbers: list[int]) -> Callable[[Answer], str]:
    def wrong(answer: Answer) -> str:
        predictions, version = answer.body["predictions"], answer.body["model"]["version"]
        if len(predictions) != len(numbers):
            return f"{len(predictions)} answers to {len(numbers)} pictures"
        found = [
            known_model.wrong(prediction["probabilities"], number, version)
            for prediction, number in zip(predictions, numbers, strict=True)
        ]
        return next(filter(None, found), "")

    return wrong


def _refused(answer: Answer) -> str:
    return "" if answer.status in (0, 200) or 400 <= answer.status < 500 or answer.status > 501 else "500"


def _difference(found: NDArray[np.float32], number: int, kind: int) -> float:
    right = known_model.probabilities(kind, _pixels(number))
    return float(np.abs(found - right).max()) if found.shape == right.shape else float("inf")


@lru_cache(maxsize=PICTURES)
def _pixels(number: int) -> NDArray[np.float32]:
    return known_model.pixels_of(known_model.picture(number), 1)


@lru_cache(maxsize=PICTURES)
def _predict_body(number: int) -> bytes:
    return json.dumps({"instances": _pixels(number).tolist()}).encode()


@lru_cache(maxsize=PICTURES)
def _v2_body(number: int) -> bytes:
    data: Any = _pixels(number).ravel().tolist()
    tensor = {"name": "images", "shape": [1, 28, 28, 1], "datatype": "FP32", "data": data}
    return json.dumps({"inputs": [tensor]}).encode()


@lru_cache(maxsize=PICTURES)
def _form(numbers: tuple[int, ...]) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="{number}.png"\r\n'
        f"Content-Type: image/png\r\n\r\n".encode()
        + known_model.picture(number)
        + b"\r\n"
        for number in numbers
    ]
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()
