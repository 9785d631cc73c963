"""Verification of a running gateway: send it a version's golden set and compare the probabilities."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.contract import Card
from serving.store.layout import card_of
from training.errors import ReplayFailed
from training.export import golden

_TIMEOUT = 30.0


@dataclass(frozen=True)
class Verification:
    """The differences between a service's answers and those stored in training.

    Attributes:
        model: name of the served model.
        version: the version that answered.
        images: number of pictures sent.
        largest_difference: the largest difference of any probability.
        changed_inputs: number of pictures that the gateway did not prepare bit for bit as in training.
    """

    model: str
    version: int
    images: int
    largest_difference: float
    changed_inputs: int

    def to_dict(self) -> dict[str, Any]:
        """Return the differences as plain JSON types."""
        return asdict(self)


def verify(
    version: Path,
    url: str,
    name: str | None = None,
    key: str | None = None,
    client: httpx.Client | None = None,
) -> Verification:
    """Send the golden set of a version to a gateway and compare its answers.

    Args:
        version: folder of the version, ``<models>/<name>/<version>``.
        url: URL of the gateway.
        name: name of the served model; None takes the folder's name.
        key: API key, sent as a bearer token.
        client: the HTTP client to use; None opens one.

    Raises:
        ReplayFailed: if the service cannot be reached, refuses the request or serves another run under the
            version's number, or if the version has no golden set or card.
    """
    known, card = golden.read(version), card_of(version)
    if card is None:
        raise ReplayFailed(f"{version} has no readable card")
    if not version.name.isdecimal():
        raise ReplayFailed(f"{version} is not <models>/<name>/<version>: its name is not a version's number")
    model = name or version.parent.name
    address = f"{url.rstrip('/')}/v1/models/{model}/versions/{version.name}:classify"
    with _opened(client, key) as http:
        try:
            _check_run(http, f"{url.rstrip('/')}/v1/models/{model}", int(version.name), card)
            return _compared(known, card, model, _answer(address, lambda: _classify(http, address, known)))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ReplayFailed(
                f"{url} does not answer as the gateway does: is it another service?"
            ) from error


def _compared(known: golden.Golden, card: Card, model: str, reply: dict[str, Any]) -> Verification:
    answers = reply.get("predictions", [])
    if len(answers) != len(known.images) or any("probabilities" not in answer for answer in answers):
        raise ReplayFailed(f"{model} did not answer all {len(known.images)} pictures")
    found = np.array([[row["probabilities"][label] for label in card.labels] for row in answers], np.float32)
    seen = [_input(answer) for answer in answers]
    changed = sum(not np.array_equal(a, b) for a, b in zip(seen, known.images, strict=True))
    return Verification(model, int(reply["model"]["version"]), len(seen), known.difference(found), changed)


def _opened(client: httpx.Client | None, key: str | None) -> httpx.Client:
    http = client or httpx.Client(timeout=_TIMEOUT)
    if key:
        http.headers["Authorization"] = f"Bearer {key}"
    return http


def _check_run(http: httpx.Client, address: str, number: int, card: Card) -> None:
    """Check that the gateway's version of this number comes from the same run.

    Raises:
        ReplayFailed: if it does not, because then the two are different models.
    """
    body = _answer(address, lambda: http.get(address))
    served = {each["version"]: each.get("run_id") for each in body.get("versions", ())}
    if number not in served:
        raise ReplayFailed(f"{address} has no version {number}; it has {', '.join(map(str, served))}")
    if served[number] != card.run_id:
        raise ReplayFailed(
            f"version {number} at {address} is from run {served[number] or 'unknown'}, the version to verify "
            f"from run {card.run_id or 'unknown'}: they are different models"
        )


def _classify(http: httpx.Client, address: str, known: golden.Golden) -> httpx.Response:
    images = [
        {"name": f"{n:03}", "b64": base64.b64encode(content).decode()}
        for n, content in enumerate(known.files)
    ]
    return http.post(address, params={"include": "probabilities,input"}, json={"images": images})


def _answer(address: str, call: Callable[[], httpx.Response]) -> dict[str, Any]:
    try:
        reply = call()
        content: dict[str, Any] = reply.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ReplayFailed(f"{address} gave no readable answer: {error}") from error
    if reply.status_code != httpx.codes.OK:
        raise ReplayFailed(f"{address} answered {reply.status_code}: {content.get('detail', 'no detail')}")
    return content


def _input(answer: dict[str, Any]) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["input"]["png_b64"]))))
