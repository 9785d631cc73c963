"""TensorFlow's set-up: a quiet import, seeds, and the versions for the card."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile


def import_quietly(warm: bool = True) -> None:
    """Import TensorFlow without its log messages; they are shown only if the import fails.

    Args:
        warm: also compute something, to silence the messages of the first operation. Must be False if
            several workers train together: they have to set up their strategy before any operation.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _stderr_kept():
        import tensorflow as tf

        if warm:
            tf.constant(0.0) + 1.0
    tf.get_logger().setLevel("ERROR")  # it warns about retracing, which a sweep does for each of its models


def seed(number: int, deterministic: bool) -> None:
    """Seed all random number generators.

    Args:
        number: the seed.
        deterministic: also make TensorFlow's operations deterministic, so that runs are bit-identical.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(number)
    if deterministic:
        tf.config.experimental.enable_op_determinism()


def software() -> dict[str, str]:
    """Return the versions of Python, TensorFlow, Keras and NumPy."""
    import keras
    import numpy as np
    import tensorflow as tf

    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def commit() -> str | None:
    """Return the checkout's commit, followed by ``+changes`` if files differ; None outside a checkout."""
    folder = Path(__file__).resolve().parent
    head = _git(folder, "rev-parse", "HEAD")
    if not head:
        return None
    return head + ("+changes" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")


def _git(folder: Path, *arguments: str) -> str:
    try:
        found = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


@contextmanager
def _stderr_kept() -> Iterator[None]:
    """Hold back what C++ code writes to file descriptor 2; write it out only if the block fails."""
    sys.stderr.flush()
    real = os.dup(2)
    with TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(real, 2)
            kept.seek(0)
            os.write(2, kept.read())
            raise
        finally:
            os.dup2(real, 2)
            os.close(real)
