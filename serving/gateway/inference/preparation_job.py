"""Decoding and preparing the pictures of one request, one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Generic, TypeVar

from serving.errors import ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.images import Detail, Limits, Picture, decode

T = TypeVar("T")


@dataclass(frozen=True)
class PreparationStep(Generic[T]):
    """What to do with each picture of a request.

    Attributes:
        detail: how much of the picture it needs.
        stage: the stage that its time counts towards.
        run: the function that does it.
    """

    detail: Detail
    stage: str
    run: Callable[[Picture], T]


class _TooManyPixels(Exception):
    """The picture has more pixels than this call may decode."""


class PreparationJob(Generic[T]):
    """The pictures of one request and their results so far."""

    def __init__(
        self, uploads: Sequence[Upload], step: PreparationStep[T], limits: Limits, stages: Stages
    ) -> None:
        self._uploads, self._step = uploads, step
        self._limits, self._stages = limits, stages
        self.results: list[T | ServiceError] = []

    @property
    def complete(self) -> bool:
        """Whether no picture is left."""
        return len(self.results) == len(self._uploads)

    def advance(self, most_pixels: int, deadline: Deadline) -> None:
        """Prepare pictures until one has more than ``most_pixels``, the deadline passes, or none is left."""
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
                return self._step.run(picture)
            finally:
                self._stages.add(self._step.stage, time.perf_counter() - started)
        except ServiceError as error:
            return error.again()

    def _decoded(self, data: bytes, most_pixels: int) -> Picture:
        def admit(pixels: int) -> AbstractContextManager[None]:
            if pixels > most_pixels:
                raise _TooManyPixels
            return nullcontext()

        started = time.perf_counter()
        try:
            return decode(data, self._limits, admit, self._step.detail)
        finally:
            self._stages.decode += time.perf_counter() - started
