"""From uploads to what a model expects: each decoded and prepared, a few large ones at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from serving.errors import ModelTimeout, ServiceError
from serving.gateway import fibers
from serving.gateway.deadline import Deadline
from serving.gateway.errors import Overloaded
from serving.gateway.inference.large_pictures import Turnstile
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.images import Admit, Limits, Picture, Prepared, decode, prepare

TINY_PIXELS, TINY_BYTES = 1024, 2048
"""A PNG of no more is decoded and prepared in the fiber that wants it: in 0.1 ms as a rule, in 5 at most."""


class _NotTinyError(Exception):
    """A picture would hold up the other fibers."""


class Preparation:
    """Prepares the pictures of requests; safe to use from many threads and fibers."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._turnstile = Turnstile()

    def prepare(
        self, uploads: Sequence[Upload], recipe: str, fit: str, context: CallContext, stages: Stages
    ) -> list[Prepared | ServiceError]:
        """Make of uploads what the model expects; but a small one in a thread of its own if this is a fiber.

        Raises:
            ModelTimeout: the deadline passed.
            Overloaded: too many large pictures are being decoded.
        """
        deadline = context.deadline
        if fibers.inside() and len(uploads) == 1 and _may_be_tiny(uploads[0]):
            try:
                return [_prepared(self._decode(uploads[0], _only_tiny, stages), recipe, fit, stages)]
            except _NotTinyError:
                pass
        try:
            return fibers.computing(
                deadline.remaining(), self._prepare_all, uploads, recipe, fit, deadline, stages
            )
        except TimeoutError as error:
            raise ModelTimeout("The deadline passed before the pictures could be prepared.") from error

    def _prepare_all(
        self, uploads: Sequence[Upload], recipe: str, fit: str, deadline: Deadline, stages: Stages
    ) -> list[Prepared | ServiceError]:
        """One after the other.

        Nothing decoded is kept: 128 photographs would be 256 MB, and only a new recipe asks for them again.

        Raises:
            ModelTimeout: the deadline passed; a request of many large pictures ends here, not after the last.
            Overloaded: too many large pictures are being decoded.
        """
        admit = partial(self._turnstile.admit, deadline=deadline)
        prepared = []
        for upload in uploads:
            deadline.check()
            prepared.append(_prepared(self._decode(upload, admit, stages), recipe, fit, stages))
        return prepared

    def _decode(self, upload: Upload, admit: Admit, stages: Stages) -> Picture | ServiceError:
        if upload.error is not None:
            return upload.error
        started = time.perf_counter()
        try:
            return decode(upload.data, self._limits, admit)
        except Overloaded:
            raise
        except ServiceError as error:
            return error
        finally:
            stages.decode += time.perf_counter() - started


def _may_be_tiny(upload: Upload) -> bool:
    return len(upload.data) <= TINY_BYTES and upload.data.startswith(b"\x89PNG")


def _only_tiny(pixels: int) -> AbstractContextManager[None]:
    if pixels > TINY_PIXELS:
        raise _NotTinyError
    return nullcontext()


def _prepared(
    picture: Picture | ServiceError, recipe: str, fit: str, stages: Stages
) -> Prepared | ServiceError:
    if isinstance(picture, ServiceError):
        return picture
    started = time.perf_counter()
    try:
        return prepare(picture, recipe, fit=fit)
    except ServiceError as error:
        return error
    finally:
        stages.preprocess += time.perf_counter() - started
