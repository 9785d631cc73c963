"""The command line as a process of its own, and pictures for it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

COMMAND = [sys.executable, "-m", "client"]


def digit_png(number: int) -> bytes:
    """The PNG of one of scikit-learn's digits, white on black, 20x20 in 28x28."""
    digit = Image.fromarray((load_digits().images[number] * (255 / 16)).astype(np.uint8))
    frame = Image.new("L", (28, 28))
    frame.paste(digit.resize((20, 20)), (4, 4))
    buffer = io.BytesIO()
    frame.save(buffer, "PNG")
    return buffer.getvalue()


def picture_folder(folder: Path, count: int) -> Path:
    """A folder with ``count`` files, ten different pictures over and over."""
    folder.mkdir()
    pictures = [digit_png(number) for number in range(10)]
    for number in range(count):
        (folder / f"{number:05d}.png").write_bytes(pictures[number % 10])
    return folder


def environment(url: str) -> dict[str, str]:
    """This process's environment, with the service and without the user's own configuration."""
    return {**os.environ, "MNIST_URL": url, "XDG_CONFIG_HOME": "/nonexistent", "COLUMNS": "100"}


def run_client(url: str, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401
    """Run to the end."""
    command = [*COMMAND, *arguments]
    return subprocess.run(
        command, env=environment(url), capture_output=True, text=True, timeout=120, check=False, **more
    )


@contextmanager
def running_client(url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run, with pipes to read from; killed at the end if need be."""
    command = [*COMMAND, *arguments]
    with subprocess.Popen(
        command,
        env=environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_take_interrupts,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _take_interrupts() -> None:
    """Where the tests themselves run in the background, children would inherit that Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What is left of both outputs (``communicate`` would lose what ``readline`` has buffered)."""
    assert process.stdout
    assert process.stderr
    rest, told = process.stdout.read(), process.stderr.read()
    process.wait(timeout=60)
    return rest, told


def records(text: str) -> list[dict[str, Any]]:
    """JSON lines, each of them whole."""
    return [json.loads(line) for line in text.splitlines()]
