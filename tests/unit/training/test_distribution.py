"""TF_CONFIG: which worker this process is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from training.distribution import Worker, worker
from training.errors import BadArgument


def environ(cluster: dict[str, Any], kind: str, index: int) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})}


def test_without_it_a_process_is_alone_and_the_chief() -> None:
    assert worker({}) == Worker(0, 1)
    assert worker({}).is_chief


def test_the_first_worker_is_the_chief() -> None:
    cluster = {"worker": ["a:1", "b:1"]}
    assert worker(environ(cluster, "worker", 0)).is_chief
    assert worker(environ(cluster, "worker", 1)) == Worker(1, 2)


def test_a_chief_of_its_own_comes_before_the_workers() -> None:
    cluster = {"chief": ["c:1"], "worker": ["a:1", "b:1"]}
    assert worker(environ(cluster, "chief", 0)) == Worker(0, 3)
    assert worker(environ(cluster, "worker", 0)) == Worker(1, 3)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"cluster": {}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
    ],
)
def test_one_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(BadArgument, match="TF_CONFIG"):
        worker({"TF_CONFIG": text})
