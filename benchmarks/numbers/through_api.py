"""Numbers read by ``:read`` of a running gateway, one picture per request."""

from __future__ import annotations

import time
from collections.abc import Sequence

import httpx

from benchmarks.numbers.answers import Answer
from benchmarks.numbers.manifest import Number


def read(client: httpx.Client, model: str, numbers: Sequence[Number]) -> list[Answer]:
    """Read all pictures.

    Args:
        client: a client with the gateway as its base URL.
        model: name of the model.
        numbers: the pictures.

    Raises:
        httpx.HTTPStatusError: if the gateway refuses a request for another reason than its picture.
    """
    return [_ask(client, model, number) for number in numbers]


def _ask(client: httpx.Client, model: str, number: Number) -> Answer:
    started = time.perf_counter()
    reply = client.post(
        f"/v1/models/{model}:read", content=number.file, headers={"Content-Type": "application/octet-stream"}
    )
    seconds = time.perf_counter() - started
    if reply.status_code in (httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.REQUEST_ENTITY_TOO_LARGE):
        return Answer(number, "", str(reply.json()["code"]), seconds)
    reply.raise_for_status()
    (reading,) = reply.json()["readings"]
    boxes = tuple((*mark["box"], str(mark["label"])) for line in reading["lines"] for mark in line["marks"])
    return Answer(number, str(reading["text"]), str(reading["status"]), seconds, boxes)
