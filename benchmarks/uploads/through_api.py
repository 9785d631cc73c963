"""Uploads classified by ``:classify`` of a running gateway."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from benchmarks.uploads.answers import Answer
from benchmarks.uploads.manifest import Upload

_TOGETHER = 16
_MOST_BYTES = 8_000_000


def classify(client: httpx.Client, model: str, uploads: Sequence[Upload], fit: str = "auto") -> list[Answer]:
    """Classify all uploads, several per request.

    Args:
        client: a client with the gateway as its base URL.
        model: name of the model.
        uploads: the uploads.
        fit: ``auto`` or ``stretch``.

    Raises:
        httpx.HTTPStatusError: if the gateway refuses a request for another reason than its pictures.
    """
    answers: list[Answer] = []
    for some in _requests(uploads):
        answers.extend(_ask(client, model, some, fit))
    return answers


def _requests(uploads: Sequence[Upload]) -> Iterator[list[Upload]]:
    """Group the uploads into requests, limited by number and size."""
    some: list[Upload] = []
    weight = 0
    for upload in uploads:
        size = upload.path.stat().st_size
        if some and (len(some) == _TOGETHER or weight + size > _MOST_BYTES):
            yield some
            some, weight = [], 0
        some.append(upload)
        weight += size
    if some:
        yield some


def _ask(client: httpx.Client, model: str, uploads: Sequence[Upload], fit: str) -> list[Answer]:
    files = [("image", (upload.path.name, upload.path.read_bytes())) for upload in uploads]
    reply = client.post(
        f"/v1/models/{model}:classify", files=files, params={"fit": fit, "include": "input", "top_k": 1}
    )
    if reply.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        return [Answer(upload, None, "unusable_image") for upload in uploads]
    reply.raise_for_status()
    predictions = reply.json()["predictions"]
    return [_answer(upload, body) for upload, body in zip(uploads, predictions, strict=True)]


def _answer(upload: Upload, body: Mapping[str, Any]) -> Answer:
    if "error" in body:
        return Answer(upload, None, str(body["error"]["code"]))
    seen = body.get("input", {}).get("png_b64")
    return Answer(
        upload,
        label=str(body["label"]),
        status=str(body["status"]),
        probability=float(body["probability"]),
        seen=base64.b64decode(seen) if seen else None,
    )
