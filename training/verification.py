"""A version's golden set replayed through a running gateway: pictures in, probabilities compared."""

from __future__ import annotations

import base64
import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.store.layout import card_of
from training.errors import ReplayFailed
from training.export import golden

_TIMEOUT = 30.0


@dataclass(frozen=True)
class Verification:
    """How far a service is from what training stored.

    Attributes:
        model: its name there.
        version: that answered.
        images: how many were replayed.
        largest_difference: of any probability.
        changed_inputs: pictures that did not reach the model bit for bit.
    """

    model: str
    version: int
    images: int
    largest_difference: float
    changed_inputs: int

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def verify(
    version: Path,
    url: str,
    name: str | None = None,
    key: str | None = None,
    client: httpx.Client | None = None,
) -> Verification:
    """Replay the golden set of a version.

    Args:
        version: its folder, ``<models>/<name>/<version>``.
        url: of the gateway.
        name: of the model there; the folder's unless given.
        key: sent as a bearer token.
        client: for tests; None opens one.

    Raises:
        ReplayFailed: if the service cannot be reached, refuses, or the version has no golden set or card.
    """
    known, card = golden.read(version), card_of(version)
    if card is None:
        raise ReplayFailed(f"{version} has no readable card")
    model = name or version.parent.name
    address = f"{url.rstrip('/')}/v1/models/{model}/versions/{version.name}:classify"
    reply = _post(client, address, known, key)
    answers = reply.get("predictions", [])
    if len(answers) != len(known.images) or any("probabilities" not in answer for answer in answers):
        raise ReplayFailed(f"{address} did not answer all {len(known.images)} pictures")
    found = np.array([[row["probabilities"][label] for label in card.labels] for row in answers], np.float32)
    seen = [_input(answer) for answer in answers]
    changed = sum(not np.array_equal(a, b) for a, b in zip(seen, known.images, strict=True))
    return Verification(model, int(reply["model"]["version"]), len(seen), known.difference(found), changed)


def _post(client: httpx.Client | None, address: str, known: golden.Golden, key: str | None) -> dict[str, Any]:
    body = {
        "images": [
            {"name": f"{n:03}.png", "b64": base64.b64encode(golden.to_png(image)).decode()}
            for n, image in enumerate(known.images)
        ]
    }
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with client or httpx.Client(timeout=_TIMEOUT) as http:
            reply = http.post(address, params={"include": "probabilities,input"}, json=body, headers=headers)
        content: dict[str, Any] = reply.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ReplayFailed(f"{address} gave no answer to read: {error}") from error
    if reply.status_code != httpx.codes.OK:
        raise ReplayFailed(f"{address} answered {reply.status_code}: {content.get('detail', 'no detail')}")
    return content


def _input(answer: dict[str, Any]) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["input"]["png_b64"]))))
