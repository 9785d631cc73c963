"""Batches of pictures made over all processors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from training.errors import DrawingFailed

Pixels = NDArray[np.uint8]


class Batch(Protocol):
    """Some pictures to be made; picklable, so that another process can make them."""

    def make(self) -> list[tuple[Pixels, int]]:
        """Prepared pictures, uint8 ``[28, 28]``, each with its label."""
        ...


def made(batches: Sequence[Batch]) -> list[tuple[Pixels, int]]:
    """Make all batches, in their order, by as many processes as there are processors.

    Raises:
        DrawingFailed: when one of them dies.
    """
    workers = min(len(batches), os.cpu_count() or 1)
    if workers < 2:
        return [pair for batch in batches for pair in batch.make()]
    # Not forked: TensorFlow's threads do not survive it.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        try:
            return [pair for pairs in pool.map(_make, batches) for pair in pairs]
        except BrokenProcessPool as error:
            raise DrawingFailed(
                "a process that draws uploads was killed, usually because memory ran out; start the run again"
            ) from error


def _make(batch: Batch) -> list[tuple[Pixels, int]]:
    return batch.make()
