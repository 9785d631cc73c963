"""Batches of pictures, made on all processors."""

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
    """A batch of pictures to make; picklable, so that another process can make it."""

    def make(self) -> list[tuple[Pixels, int]]:
        """Make the pictures: prepared pixels, uint8 ``[28, 28]``, each with its label."""
        ...


def made(batches: Sequence[Batch]) -> list[tuple[Pixels, int]]:
    """Make all batches, with one process per processor; the pictures keep the order of the batches.

    Raises:
        DrawingFailed: if a process dies.
    """
    workers = min(len(batches), os.cpu_count() or 1)
    if workers < 2:
        return [pair for batch in batches for pair in batch.make()]
    # Spawned, because TensorFlow's threads do not survive a fork.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        try:
            return [pair for pairs in pool.map(_make, batches) for pair in pairs]
        except BrokenProcessPool as error:
            raise DrawingFailed(
                "a process that was drawing uploads was killed, probably for lack of memory; run the command"
                " again"
            ) from error


def _make(batch: Batch) -> list[tuple[Pixels, int]]:
    return batch.make()
