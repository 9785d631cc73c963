"""From uploads to a model's input: each picture is decoded and prepared, only a few large ones at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from serving.errors import Overloaded, ServiceError
from serving.gateway.deadline import Deadline, acquired
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.gateway.threads import Threads
from serving.images import Detail, Limits, Picture, Prepared, decode, detail_of, prepare
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
    """Prepares pictures within ``limits``: tiny ones on the event loop, all others in ``threads``."""

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
        run = partial(prepare, recipe=recipe, fit=fit)
        job = _Job(uploads, self._limits, stages, "preprocess", detail_of(recipe), run)
        if len(uploads) == 1 and len(data := uploads[0].data) <= TINY_BYTES and data.startswith(b"\x89PNG"):
            job.advance(TINY_PIXELS, context.deadline)
        return await self._finished(job, context.deadline)

    async def segment(
        self, uploads: Sequence[Upload], most_marks: int, context: CallContext, stages: Stages
    ) -> list[Segmentation | ServiceError]:
        """Find at most ``most_marks`` marks on each upload, or an error for it; raises like ``prepare``."""
        run = partial(segment, most_marks=most_marks)
        job = _Job(uploads, self._limits, stages, "segment", READING_DETAIL, run)
        return await self._finished(job, context.deadline)

    async def _finished(self, job: _Job[T], deadline: Deadline) -> list[T | ServiceError]:
        while not job.complete:
            await self._threads.run(deadline, partial(job.advance, LARGE_PIXELS, deadline))
            if not job.complete and deadline.remaining():
                await self._advance_large(job, deadline)
            deadline.check()
        return job.results

    async def _advance_large(self, job: _Job[T], deadline: Deadline) -> None:
        if not await acquired(self._large, deadline.remaining() * LARGE_PATIENCE):
            raise Overloaded("Too many large pictures are being read. Try again soon, or send smaller ones.")
        work = partial(job.advance_one, self._limits.max_pixels)
        await self._threads.run(deadline, work, finished=self._large.release)


class _TooManyPixels(Exception):
    """The picture has more pixels than this call may decode."""


@dataclass
class _Job(Generic[T]):
    """The pictures of one request, what to ``run`` for each in which ``stage``, and the results so far."""

    uploads: Sequence[Upload]
    limits: Limits
    stages: Stages
    stage: str
    detail: Detail
    run: Callable[[Picture], T]
    results: list[T | ServiceError] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether no picture is left."""
        return len(self.results) == len(self.uploads)

    def advance(self, most_pixels: int, deadline: Deadline) -> None:
        """Prepare pictures until one has more than ``most_pixels``, the deadline passes, or none is left."""
        try:
            while not self.complete and deadline.remaining():
                self.advance_one(most_pixels)
        except _TooManyPixels:
            return

    def advance_one(self, most_pixels: int) -> None:
        """Prepare the next picture, unless it has more than ``most_pixels``."""
        upload = self.uploads[len(self.results)]
        self.results.append(upload.error or self._prepared(upload.data, most_pixels))

    def _prepared(self, data: bytes, most_pixels: int) -> T | ServiceError:
        def admit(pixels: int) -> None:
            if pixels > most_pixels:
                raise _TooManyPixels

        started, decoded = time.perf_counter(), 0.0
        try:
            picture = decode(data, self.limits, admit, self.detail)
            decoded = time.perf_counter()
            return self.run(picture)
        except ServiceError as error:
            return error.again()
        finally:
            ended = time.perf_counter()
            self.stages.decode += (decoded or ended) - started
            if decoded:
                self.stages.add(self.stage, ended - decoded)
