"""Mixed precision on machines that are faster in it: CPUs with AMX, and GPUs, which have not been tested.

bfloat16 has the range of float32, so the loss needs no scaling. Weights, moments and the published model
stay float32 (Kalamkar et al. 2019, "A study of bfloat16 for deep learning training").
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import tensorflow as tf

FULL, MIXED = "float32", "mixed_bfloat16"

_CPU_INFO = Path("/proc/cpuinfo")


def chosen(mixed: bool, cpu_info: Path = _CPU_INFO) -> str:
    """Return ``MIXED`` if the recipe allows it and the machine is faster in it, else ``FULL``.

    Args:
        mixed: whether the recipe allows mixed precision.
        cpu_info: the file in which Linux lists the processor's features; without it, the CPU has no AMX.
    """
    return MIXED if mixed and (tf.config.list_physical_devices("GPU") or _has_amx(cpu_info)) else FULL


def _has_amx(cpu_info: Path) -> bool:
    return cpu_info.is_file() and "amx_bf16" in cpu_info.read_text(encoding="utf-8").split()


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Make layers created inside the block compute in this precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
