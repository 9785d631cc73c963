"""How a serving process starts: TensorFlow without Keras, and modules exempt from garbage collection."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from serving.quiet import native_messages_dropped

# From glibc's malloc.h.
_M_ARENA_MAX = -8


@contextmanager
def importing_tensorflow() -> Iterator[None]:
    """Import TensorFlow, and modules that need it, within this block.

    Keras is not imported: serving never uses it, and it takes two fifths of the time and 170 MB. TensorFlow's
    start-up messages do not appear.
    """
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # its deprecations tell users nothing
    _share_arenas()
    with native_messages_dropped():
        yield
        from tensorflow import config

        config.list_physical_devices()  # starts the platforms, which may say that there is no GPU
    exempt_modules_from_collection()


def exempt_modules_from_collection() -> None:
    """Keep the garbage collector from visiting all that exists now; later objects are collected as usual.

    Modules live as long as the process. TensorFlow's are hundreds of thousands of objects, and a full
    collection that visits them stops every request for a quarter of a second.
    """
    gc.collect()
    gc.freeze()


def _share_arenas() -> None:
    """Let all threads allocate from two arenas, where the C library is glibc.

    Every version is loaded by a thread of its own. With an arena each, memory grows by some megabytes for
    dozens of versions before it settles (``benchmarks/model_server/swaps.py``).
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_ARENA_MAX, 2)
