"""From uploads to what a model expects: each picture decoded and prepared, a few large ones at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from serving.errors import Overloaded, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.gateway.threads import Threads
from serving.images import Detail, Limits, Picture, Prepared, decode, detail_of, prepare
from serving.images.reading import DETAIL as READING_DETAIL
from serving.images.reading import Segmentation, segment

TINY_PIXELS, TINY_BYTES = 1024, 2048
"""A PNG of no more is prepared on the event loop: it takes less time than handing it to a thread."""
LARGE_PIXELS = 2_000_000
LARGE_AT_A_TIME = 2
"""Per worker: at the largest size allowed, each may take a few hundred megabytes for a moment."""
LARGE_PATIENCE = 0.5
"""Share of the remaining time that a large picture waits for its turn; the rest is for its preparation."""

T = TypeVar("T")


@dataclass(frozen=True)
class _Work(Generic[T]):
    """What is done to each picture of a request.

    Attributes:
        detail: how much of the picture it needs.
        stage: the stage that its time counts for.
        treat: does it.
    """

    detail: Detail
    stage: str
    treat: Callable[[Picture], T]


class _TooManyPixels(Exception):
    """A picture is larger than may be decoded here and now."""


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
        """Make of each upload what the model expects, or the error that says why it cannot be done.

        Nothing decoded is kept: 128 photographs would be 256 MB.

        Raises:
            ModelTimeout: the deadline passed.
            Overloaded: too many large pictures are being decoded.
        """
        work = _Work(detail_of(recipe), "preprocess", partial(prepare, recipe=recipe, fit=fit))
        job = _Job(uploads, work, self._limits, stages)
        if len(uploads) == 1 and _may_be_tiny(uploads[0]):
            job.advance(TINY_PIXELS, context.deadline)
        return await self._finished(job, context)

    async def segment(
        self, uploads: Sequence[Upload], most_marks: int, context: CallContext, stages: Stages
    ) -> list[Segmentation | ServiceError]:
        """Find the marks on each upload, or the error that says why it cannot be done; raises as ``prepare``.

        Args:
            uploads: the pictures.
            most_marks: how many marks a picture may have.
            context: the request's deadline.
            stages: where the time is noted.
        """
        work = _Work(READING_DETAIL, "segment", partial(segment, most_marks=most_marks))
        return await self._finished(_Job(uploads, work, self._limits, stages), context)

    async def _finished(self, job: _Job[T], context: CallContext) -> list[T | ServiceError]:
        while not job.complete:
            await self._threads.run(context.deadline, partial(job.advance, LARGE_PIXELS, context.deadline))
            if not job.complete and context.deadline.remaining():
                await self._advance_large(job, context.deadline)
            context.deadline.check()
        return job.results

    async def _advance_large(self, job: _Job[T], deadline: Deadline) -> None:
        try:
            await asyncio.wait_for(self._large.acquire(), deadline.remaining() * LARGE_PATIENCE)
        except asyncio.TimeoutError as error:
            detail = "Too many large pictures are being read. Try again soon, or send smaller ones."
            raise Overloaded(detail) from error
        await self._threads.run(deadline, job.advance_one, finished=self._large.release)


class _Job(Generic[T]):
    """The pictures of one request, prepared one after the other."""

    def __init__(self, uploads: Sequence[Upload], work: _Work[T], limits: Limits, stages: Stages) -> None:
        self._uploads, self._work = uploads, work
        self._limits, self._stages = limits, stages
        self.results: list[T | ServiceError] = []

    @property
    def complete(self) -> bool:
        return len(self.results) == len(self._uploads)

    def advance(self, most_pixels: int, deadline: Deadline) -> None:
        """Prepare pictures until one has more pixels, the deadline passes, or none is left."""
        while not self.complete and deadline.remaining():
            try:
                self.results.append(self._prepared(self._uploads[len(self.results)], most_pixels))
            except _TooManyPixels:
                return

    def advance_one(self) -> None:
        """Prepare the next picture, whatever its size."""
        self.results.append(self._prepared(self._uploads[len(self.results)], self._limits.max_pixels))

    def _prepared(self, upload: Upload, most_pixels: int) -> T | ServiceError:
        if upload.error is not None:
            return upload.error
        try:
            picture = self._decoded(upload.data, most_pixels)
            started = time.perf_counter()
            try:
                return self._work.treat(picture)
            finally:
                self._stages.add(self._work.stage, time.perf_counter() - started)
        except ServiceError as error:
            return error.again()

    def _decoded(self, data: bytes, most_pixels: int) -> Picture:
        def admit(pixels: int) -> AbstractContextManager[None]:
            if pixels > most_pixels:
                raise _TooManyPixels
            return nullcontext()

        started = time.perf_counter()
        try:
            return decode(data, self._limits, admit, self._work.detail)
        finally:
            self._stages.decode += time.perf_counter() - started


def _may_be_tiny(upload: Upload) -> bool:
    return len(upload.data) <= TINY_BYTES and upload.data.startswith(b"\x89PNG")
