"""From uploads to a model's input: each picture is decoded and prepared, only a few large ones at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TypeVar

from serving.errors import Overloaded, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.inference.preparation_job import PreparationJob, PreparationStep
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.gateway.threads import Threads
from serving.images import Limits, Prepared, detail_of, prepare
from serving.images.reading import DETAIL as READING_DETAIL
from serving.images.reading import Segmentation, segment

TINY_PIXELS, TINY_BYTES = 1024, 2048
"""Up to this size, a PNG is prepared on the event loop, which is faster than handing it to a thread."""
LARGE_PIXELS = 2_000_000
LARGE_AT_A_TIME = 2
"""Per worker: a picture of the largest allowed size briefly takes a few hundred megabytes."""
LARGE_PATIENCE = 0.5
"""Fraction of the remaining time that a large picture waits for its turn; the rest is for its preparation."""

T = TypeVar("T")


class Preparation:
    """Prepares the pictures of requests.

    Args:
        limits: of one picture.
        threads: where all but tiny pictures are prepared.
    """

    def __init__(self, limits: Limits, threads: Threads) -> None:
        self._limits, self._threads = limits, threads
        self._large = asyncio.Semaphore(LARGE_AT_A_TIME)

    async def prepare(
        self, uploads: Sequence[Upload], recipe: str, fit: str, context: CallContext, stages: Stages
    ) -> list[Prepared | ServiceError]:
        """Prepare each upload for the model; an upload that cannot be prepared gets an error.

        Decoded pictures are not kept, since 128 photographs would take 256 MB.

        Raises:
            ModelTimeout: the deadline passed.
            Overloaded: too many large pictures are being decoded.
        """
        step = PreparationStep(detail_of(recipe), "preprocess", partial(prepare, recipe=recipe, fit=fit))
        job = PreparationJob(uploads, step, self._limits, stages)
        if len(uploads) == 1 and _may_be_tiny(uploads[0]):
            job.advance(TINY_PIXELS, context.deadline)
        return await self._finished(job, context)

    async def segment(
        self, uploads: Sequence[Upload], most_marks: int, context: CallContext, stages: Stages
    ) -> list[Segmentation | ServiceError]:
        """Find the marks on each upload, or an error for it; raises like ``prepare``.

        Args:
            uploads: the pictures.
            most_marks: maximum number of marks on one picture.
            context: the request's deadline.
            stages: receives the times.
        """
        step = PreparationStep(READING_DETAIL, "segment", partial(segment, most_marks=most_marks))
        return await self._finished(PreparationJob(uploads, step, self._limits, stages), context)

    async def _finished(self, job: PreparationJob[T], context: CallContext) -> list[T | ServiceError]:
        while not job.complete:
            await self._threads.run(context.deadline, partial(job.advance, LARGE_PIXELS, context.deadline))
            if not job.complete and context.deadline.remaining():
                await self._advance_large(job, context.deadline)
            context.deadline.check()
        return job.results

    async def _advance_large(self, job: PreparationJob[T], deadline: Deadline) -> None:
        try:
            await asyncio.wait_for(self._large.acquire(), deadline.remaining() * LARGE_PATIENCE)
        except asyncio.TimeoutError as error:
            detail = "Too many large pictures are being read. Try again soon, or send smaller ones."
            raise Overloaded(detail) from error
        await self._threads.run(deadline, job.advance_one, finished=self._large.release)


def _may_be_tiny(upload: Upload) -> bool:
    return len(upload.data) <= TINY_BYTES and upload.data.startswith(b"\x89PNG")
