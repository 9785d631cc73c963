"""Answers about pictures: a result or an error for each upload."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from flask import Response
from numpy.typing import NDArray
from PIL import Image

from serving.contract import Card
from serving.errors import AllImagesFailed, ServiceError
from serving.gateway.inference.classification import Answer
from serving.gateway.inference.judgement import Classified
from serving.gateway.middleware.problems import problem
from serving.gateway.protocols.options import ClassifyOptions
from serving.gateway.protocols.uploads import Upload
from serving.gateway.routes.exchanges import json_response
from serving.gateway.routes.pictures import PictureRequest, note_version
from serving.gateway.services import services

T = TypeVar("T")


def answered(
    asked: PictureRequest,
    answer: Answer[T],
    member: str,
    describe: Callable[[T], dict[str, Any]],
    **model: str,
) -> Response:
    """Write an answer, and record its version and the time to write it.

    Args:
        asked: the request.
        answer: a result or an error for each upload.
        member: the name of the list of entries, one for each upload.
        describe: makes an entry of a result.
        model: what to tell of the version besides its name and number.

    Raises:
        ServiceError: the request has a single picture, and this is its error.
        AllImagesFailed: the request has several pictures, and all failed.
    """
    servable = answer.servable
    note_version(asked.ref, servable)
    started = time.perf_counter()

    def _respond() -> Response:
        about = {"name": servable.name, "version": servable.version, **model}
        return json_response({"model": about, member: _entries(asked.uploads, answer.results, describe)})

    response = services().compute(asked.context.deadline, _respond, asked.size)
    asked.stages.encode = time.perf_counter() - started
    return response


def _entries(
    uploads: Sequence[Upload], results: Sequence[T | ServiceError], describe: Callable[[T], dict[str, Any]]
) -> list[dict[str, Any]]:
    failed = [result for result in results if isinstance(result, ServiceError)]
    if failed and len(results) == 1:
        raise failed[0].again()
    entries: list[dict[str, Any]] = [
        {"name": upload.name, "error": problem(result)}
        if isinstance(result, ServiceError)
        else {"name": upload.name, **describe(result)}
        for upload, result in zip(uploads, results, strict=True)
    ]
    if len(failed) == len(results):
        raise AllImagesFailed(
            f"None of the {len(entries)} pictures could be classified; errors lists the reasons.", entries
        )
    return entries


def judged(result: Classified, card: Card, options: ClassifyOptions, top_k: int | None) -> dict[str, Any]:
    """The entry for one picture or mark; ``top_k`` is None for no list of classes under ``top``."""
    labels, probabilities, order = card.labels, result.probabilities, result.order
    top = [
        {"label": labels[index], "class_id": index, "probability": probabilities[index]}
        for index in order[: top_k or 1]
    ]
    answer: dict[str, Any] = {"status": result.status, **top[0]}
    if top_k is not None:
        answer["top"] = top
    if result.prepared.warnings:
        answer["warnings"] = result.prepared.warnings
    if options.probabilities:
        answer["probabilities"] = dict(zip(labels, probabilities, strict=True))
    if options.input:
        answer["input"] = {
            "png_b64": base64.b64encode(png(result.prepared.pixels)).decode(),
            "steps": result.prepared.steps,
        }
    return answer


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Grey pixels ``[H, W]`` as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
