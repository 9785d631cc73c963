"""Answers about pictures: a result or an error for each upload."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.contract import Card
from serving.errors import AllImagesFailed, ServiceError
from serving.gateway.inference.judgement import Classified
from serving.gateway.middleware.problems import problem
from serving.gateway.protocols.options import ClassifyOptions
from serving.gateway.protocols.uploads import Upload

T = TypeVar("T")


def described(
    uploads: Sequence[Upload], results: Sequence[T | ServiceError], describe: Callable[[T], dict[str, Any]]
) -> list[dict[str, Any]]:
    """An entry for each upload, with its name and its result or error.

    Raises:
        ServiceError: the request has a single picture, and this is its error.
        AllImagesFailed: the request has several pictures, and all failed.
    """
    only = results[0]
    if isinstance(only, ServiceError) and len(results) == 1:
        raise only.again()
    entries: list[dict[str, Any]] = [
        {"name": upload.name, "error": problem(result)}
        if isinstance(result, ServiceError)
        else {"name": upload.name, **describe(result)}
        for upload, result in zip(uploads, results, strict=True)
    ]
    if all(isinstance(result, ServiceError) for result in results):
        raise AllImagesFailed(
            f"None of the {len(entries)} pictures could be classified; errors lists the reasons.", entries
        )
    return entries


def judged(
    result: Classified, card: Card, options: ClassifyOptions, top_k: int | None = None
) -> dict[str, Any]:
    """The entry for one picture or mark.

    Args:
        result: the model's answer.
        card: the card of the version that answered.
        options: what to include.
        top_k: number of classes under ``top``; None for no such list.
    """
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
