"""Images per second if every core does only whole requests of 64 pictures."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

from benchmarks.floor import parts
from benchmarks.serving.pictures import Picture


def images_per_second(saved_model: Path, pictures: list[Picture], seconds: float) -> float:
    """Measure the images per second of all cores together, with one process per core.

    Args:
        saved_model: folder of the version.
        pictures: the pictures of a request.
        seconds: duration of the measurement.
    """
    context = multiprocessing.get_context("spawn")
    cores = len(os.sched_getaffinity(0))
    barrier, counts = context.Barrier(cores), context.Queue()
    processes = [
        context.Process(target=_work, args=(saved_model, pictures, seconds, barrier, counts))
        for _ in range(cores)
    ]
    for process in processes:
        process.start()
    total: float = sum(counts.get(timeout=300) for _ in processes)
    for process in processes:
        process.join()
    return total


def _work(
    saved_model: Path,
    pictures: list[Picture],
    seconds: float,
    barrier: Barrier,
    counts: multiprocessing.Queue[float],
) -> None:
    parts.limit_threads()
    call = parts.load_model(saved_model)
    parts.whole_request(call, pictures)
    barrier.wait()
    done, begin = 0, time.perf_counter()
    while (now := time.perf_counter()) - begin < seconds:
        parts.whole_request(call, pictures)
        done += len(pictures)
    counts.put(done / (now - begin))
