"""A small real model for tests: trained on the bundled digits by the training job itself, once a test run."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import uuid
from pathlib import Path


def publish_digits(models_dir: Path) -> None:
    """Train and publish ``digits`` version 1 unless it is there; safe among parallel test processes."""
    models_dir.mkdir(parents=True, exist_ok=True)
    with (models_dir.parent / "publishing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (models_dir / "digits" / "1").is_dir():
            train_digits(models_dir)


def train_digits(models_dir: Path, *extra: str) -> subprocess.CompletedProcess[str]:
    """Run the training command on ``digits``; raises with its output when it does not publish."""
    command = [sys.executable, "-m", "training", "train", "--dataset", "digits", "--model", "cnn-small"]
    command += ["--profile", "standard", "--epochs", "40", "--min-accuracy", "0.9", "--seed", "7"]
    command += [
        "--models-dir",
        str(models_dir),
        "--run-dir",
        str(models_dir.parent / f"run-{uuid.uuid4().hex}"),
        *extra,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"training ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return done
