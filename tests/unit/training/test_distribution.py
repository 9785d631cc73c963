"""Distributed training: which worker a process is, and that all workers agree."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

import pytest

from training.distribution import Worker, worker
from training.errors import BadArgument


def environ(cluster: dict[str, Any], kind: str, index: int) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})}


def test_without_tf_config_a_process_is_alone_and_the_chief() -> None:
    assert worker({}) == Worker(0, 1)
    assert worker({}).is_chief


def test_the_first_worker_is_the_chief() -> None:
    cluster = {"worker": ["a:1", "b:1"]}
    assert worker(environ(cluster, "worker", 0)).is_chief
    assert worker(environ(cluster, "worker", 1)) == Worker(1, 2)


def test_a_separate_chief_comes_before_the_workers() -> None:
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
def test_an_invalid_tf_config_is_refused(text: str) -> None:
    with pytest.raises(BadArgument, match="TF_CONFIG"):
        worker({"TF_CONFIG": text})


NUMBERED = {"WORKERS": "3", "WORKER_ADDRESS": "job-{index}.job:2222"}


def test_numbered_pods_are_the_workers_of_one_cluster() -> None:
    this = worker({**NUMBERED, "WORKER_INDEX": "2"})
    assert (this.index, this.count) == (2, 3)
    # TensorFlow's own description of the cluster gives the same worker.
    assert worker({"TF_CONFIG": this.tf_config}) == Worker(2, 3)
    addresses = json.loads(this.tf_config)["cluster"]["worker"]
    assert addresses == ["job-0.job:2222", "job-1.job:2222", "job-2.job:2222"]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"WORKER_INDEX": "3"},
        {"WORKER_INDEX": "x"},
        {"WORKER_INDEX": "0", "WORKERS": "two"},
        {"WORKER_INDEX": "0", "WORKER_ADDRESS": "job:2222"},
    ],
)
def test_an_invalid_worker_number_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(BadArgument, match="WORKER"):
        worker({**NUMBERED, **changed})


MIRRORED = """
import json
from dataclasses import replace
import keras
import tensorflow as tf

half = tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [half, half])

from training import datasets, models
from training.architectures import Options
from training.fitting.loop import Fit
from training.recipes import Recipe

data = datasets.load("digits", seed=1)
data = replace(data, train=data.train.at(slice(320)))
recipe = Recipe(epochs=2, batch_size=32, averaging=0.9)
for strategy in (tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])):
    keras.utils.set_random_seed(5)
    with strategy.scope():
        model = models.build("dense-128", Options(units=16), classes=10)
        fitted = Fit(model, data, recipe, seed=1).run()
    print(json.dumps([strategy.num_replicas_in_sync, fitted.history[-1]["loss"]]))
"""


def test_two_devices_of_one_machine_take_the_same_steps_as_one() -> None:
    done = subprocess.run([sys.executable, "-c", MIRRORED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (one, loss), (two, shared) = map(json.loads, done.stdout.strip().splitlines())
    assert (one, two) == (1, 2)
    assert shared == pytest.approx(loss, rel=1e-3)


AT_STEP = """
import os, sys

from training import distribution
from training.errors import FittingFailed
from training.fitting.workers import Workers

with distribution.strategy(distribution.worker(os.environ)).scope():
    workers = Workers()
    for step in map(int, sys.argv[1:]):
        try:
            workers.check_together(step)
            print("together")
        except FittingFailed as error:
            print(error)
"""


def workers_at(*steps: tuple[int, ...]) -> list[list[str]]:
    """The output of processes that train together, each at several steps in turn."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in steps]
        cluster = {"worker": [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", AT_STEP, *map(str, each)],
            env={**os.environ, **environ(cluster, "worker", index)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index, each in enumerate(steps)
    ]
    ended = [(process, *process.communicate(timeout=120)) for process in started]
    assert all(process.returncode == 0 for process, *_ in ended), ended
    return [out.splitlines() for _, out, _ in ended]


def test_workers_continue_together_only_from_the_same_step() -> None:
    different = "the workers continue from different steps; start all with a new --run-dir"
    assert workers_at((7, 7), (7, 0)) == [["together", different]] * 2
