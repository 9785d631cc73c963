"""Disks that are full or read-only, for checkpoints and for publishing: a clear error, nothing by halves."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.faults.storage import run_as_anybody, run_full
from training.errors import RunFolderError
from training.fitting import checkpoint
from training.fitting.checkpoint import Progress

TOLD = """
import sys
from pathlib import Path
from training.errors import TrainingError

def told(run):
    try:
        run(Path(sys.argv[1]))
    except TrainingError as error:
        sys.exit(f"{type(error).__name__}: {error}")
"""

CHECKPOINT = """
import numpy as np
from training.fitting import checkpoint
from training.fitting.checkpoint import Progress

told(lambda path: checkpoint.save(path, Progress(epoch=2), {"model": [np.zeros(100_000)]}))
"""

COPY = """
from training.export.staging import staging

def run(model):
    with staging(model) as staged:
        (staged.path / "saved_model.pb").write_bytes(bytes(100_000))
        staged.publish()

told(run)
"""

EXPORT = """
import keras, numpy as np
from serving.contract import Card, Thresholds
from training.datasets import Split
from training.export import version
from training.export.staging import staging
from training.export.signatures import ServingModule
from training.ood import Density

layers = [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(64), keras.layers.Dense(10)]
whole = keras.Sequential(layers)
model = keras.Model(whole.inputs, [whole.outputs[0], whole.outputs[0]])
density = Density(np.zeros(10, np.float32), np.eye(10, dtype=np.float32), np.zeros((10, 10), np.float32))
card = Card("digits", tuple("0123456789"), "ink@2", Thresholds(0.5))
test = Split(np.zeros((10, 28, 28), np.uint8), np.arange(10, dtype=np.uint8))

def run(folder):
    with staging(folder) as staged:
        version.write(ServingModule(model, 1.0, density, 10), card, "digits", test, staged.path)
        staged.publish()

told(run)
"""


def test_a_checkpoint_on_a_full_disk_is_named_and_the_one_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, Progress(epoch=1), {"model": [np.zeros(3)]})
    done = run_full(TOLD + CHECKPOINT, str(path), most=50_000)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("RunFolderError")]
    assert line.startswith(f"RunFolderError: the checkpoint {path} cannot be written: File too large")
    assert [each.name for each in tmp_path.iterdir()] == ["checkpoint.npz"]
    loaded = checkpoint.load(path)
    assert loaded is not None
    assert loaded.progress.epoch == 1


@pytest.mark.parametrize("code", [COPY, EXPORT], ids=["plain files", "TensorFlow's files"])
def test_publishing_on_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, code: str) -> None:
    model = tmp_path / "digits"
    model.mkdir()
    done = run_full(TOLD + code, str(model), most=60_000)
    assert done.returncode == 1, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("PublicationError")]
    assert line.startswith(f"PublicationError: cannot write {model}/.staging-")
    assert "File too large" in line
    assert [each.name for each in model.iterdir() if each.name != "versions.jsonl"] == []


@pytest.mark.parametrize("option", ["--models-dir", "--run-dir"])
def test_a_read_only_folder_is_refused_before_anything_is_trained(tmp_path: Path, option: str) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    command = [sys.executable, "-m", "training", "train", "--dataset", "digits"]
    command += ["--models-dir", str(tmp_path / "models"), "--run-dir", str(tmp_path / "run")]
    done = run_as_anybody([*command, option, str(closed / "here")])
    assert done.returncode == 1
    assert "\nerror: the " in f"\n{done.stderr}"
    assert "Permission denied" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(closed.iterdir()) == []


def test_a_checkpoint_in_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="No such file or directory"):
        checkpoint.save(tmp_path / "gone" / "checkpoint.npz", Progress(), {})
