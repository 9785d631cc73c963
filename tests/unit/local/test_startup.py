"""What a serving process leaves out when it starts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

START = """
import gc, json, sys, weakref
from serving.startup import importing_tensorflow

with importing_tensorflow():
    from serving.local.predictor import LocalPredictor


class Tied:
    def __init__(self):
        self.itself = self


seen = weakref.ref(Tied())
gc.collect()
print(json.dumps({
    "keras": "keras" in sys.modules, "exempt": gc.get_freeze_count(), "visited": len(gc.get_objects()),
    "collected": seen() is None,
}))
"""


@pytest.fixture(scope="module")
def started() -> dict[str, Any]:
    command = [sys.executable, "-c", START]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert not done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_serving_process_does_not_import_keras(started: dict[str, Any]) -> None:
    assert not started["keras"]


def test_a_full_collection_does_not_visit_tensorflow_s_modules(started: dict[str, Any]) -> None:
    assert started["exempt"] > 100_000
    assert started["visited"] < 10_000


def test_cycles_of_later_objects_are_collected(started: dict[str, Any]) -> None:
    assert started["collected"]
