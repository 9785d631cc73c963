"""Batches: who shares one, how large it is, and what happens when there is no room."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from serving.model_server.batching import BatchScheduler
from serving.model_server.batching_parameters import Parameters, read
from serving.model_server.status import Code, StatusError, invalid_argument
from serving.wire.tensors import Array
from training.export.extras import WARM_UP_BATCHES


class Doubler:
    """A model that doubles, remembers the sizes of its batches, and can be held up."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.may_run = threading.Event()
        self.may_run.set()
        self.started = threading.Semaphore(0)

    def __call__(self, feeds: Sequence[Array]) -> list[Array]:
        self.started.release()
        assert self.may_run.wait(10)
        (x,) = feeds
        self.sizes.append(len(x))
        if np.any(x == 13):
            raise invalid_argument("13 is bad luck")
        return [x * 2]


def feed(*values: float) -> list[Array]:
    return [np.array(values, np.float32)]


def run_behind_a_batch(batcher: BatchScheduler, model: Doubler, inputs: list[list[Array]]) -> list[object]:
    """Send the inputs while another batch keeps the one thread busy; return outputs or errors, in order."""

    def send(feeds: list[Array]) -> object:
        try:
            return batcher.run("key", model, feeds)[0].tolist()
        except StatusError as error:
            return error

    model.may_run.clear()
    with ThreadPoolExecutor(len(inputs) + 1) as pool:
        first = pool.submit(send, feed(0))
        assert model.started.acquire(timeout=10)
        rest = []
        for number, feeds in enumerate(inputs):
            rest.append(pool.submit(send, feeds))
            while queued(batcher) <= number and not rest[-1].done():
                pass
        model.may_run.set()
        assert first.result(10) == [0.0]
        return [future.result(10) for future in rest]


def queued(batcher: BatchScheduler) -> int:
    return sum(len(batch.tasks) for batch in list(batcher._waiting))


def test_requests_that_wait_together_run_together_and_get_their_own_rows() -> None:
    model = Doubler()
    batcher = BatchScheduler(Parameters(max_batch_size=8, threads=1))
    assert run_behind_a_batch(batcher, model, [feed(1), feed(2, 3), feed(4)]) == [[2.0], [4.0, 6.0], [8.0]]
    assert model.sizes == [1, 4]


def test_a_batch_never_grows_over_its_limit() -> None:
    model = Doubler()
    batcher = BatchScheduler(Parameters(max_batch_size=3, threads=1))
    run_behind_a_batch(batcher, model, [feed(1, 2), feed(3, 4), feed(5)])
    assert model.sizes == [1, 2, 3]


def test_a_bad_request_spoils_nobody_elses_answer() -> None:
    batcher = BatchScheduler(Parameters(max_batch_size=8, threads=1))
    good, bad = run_behind_a_batch(batcher, Doubler(), [feed(1), feed(13)])
    assert good == [2.0]
    assert str(bad) == "INVALID_ARGUMENT: 13 is bad luck"


def test_inputs_of_different_shapes_do_not_share_a_batch() -> None:
    model = Doubler()
    batcher = BatchScheduler(Parameters(max_batch_size=8, threads=1))
    wide: list[Array] = [np.ones((1, 2), np.float32)]
    assert run_behind_a_batch(batcher, model, [feed(1), wide]) == [[2.0], [[2.0, 2.0]]]
    assert model.sizes == [1, 1, 1]


def test_a_full_queue_refuses_at_once() -> None:
    batcher = BatchScheduler(Parameters(max_batch_size=1, max_enqueued_batches=2, threads=1))
    answers = run_behind_a_batch(batcher, Doubler(), [feed(1), feed(2), feed(3)])
    assert answers[:2] == [[2.0], [4.0]]
    assert isinstance(answers[2], StatusError)
    assert answers[2].code is Code.UNAVAILABLE
    assert "queue to which this task was submitted is full" in answers[2].message


def test_a_batch_is_padded_to_an_allowed_size_and_nobody_sees_it() -> None:
    model = Doubler()
    batcher = BatchScheduler(Parameters(max_batch_size=4, allowed_sizes=(2, 4), threads=1))
    assert batcher.run("key", model, feed(1, 2, 3))[0].tolist() == [2.0, 4.0, 6.0]
    assert model.sizes == [4]


def test_a_request_over_the_limit_is_refused_or_cut_as_configured() -> None:
    with pytest.raises(StatusError, match="Task size 3 is larger than maximum input batch size 2"):
        BatchScheduler(Parameters(max_batch_size=2, threads=1)).run("key", Doubler(), feed(1, 2, 3))
    splitting = BatchScheduler(Parameters(max_batch_size=2, splits=True, threads=1))
    assert splitting.run("key", Doubler(), feed(1, 2, 3))[0].tolist() == [2.0, 4.0, 6.0]


def test_an_empty_batch_is_refused_rather_than_never_answered() -> None:
    with pytest.raises(StatusError, match="at least one row"):
        BatchScheduler(Parameters(threads=1)).run("key", Doubler(), feed())


def test_a_bug_in_a_batch_is_answered_too() -> None:
    class Broken:
        def __call__(self, feeds: Sequence[Array]) -> list[Array]:
            raise ZeroDivisionError(feeds)

    batcher = BatchScheduler(Parameters(threads=1))
    for _ in range(2):
        with pytest.raises(StatusError) as caught:
            batcher.run("key", Broken(), feed(1))
        assert caught.value.code is Code.INTERNAL


def test_the_parameters_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "batching.config"
    file.write_text(
        "max_batch_size { value: 8 } batch_timeout_micros { value: 1500 } num_batch_threads { value: 3 } "
        "max_enqueued_batches { value: 5 } allowed_batch_sizes: 2 allowed_batch_sizes: 8"
    )
    assert read(str(file), 2) == Parameters(8, 0.0015, 5, 3, (2, 8))
    assert read("", 2).threads == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_batch_size { value: 8 } allowed_batch_sizes: 4", "final entry"),
        ("max_batch_size { value: 4 } allowed_batch_sizes: 4 allowed_batch_sizes: 2", "increasing"),
        ("num_batch_threads { value: 0 }", "positive"),
        ("nonsense", "Invalid protobuf file"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "batching.config"
    file.write_text(text)
    with pytest.raises(StatusError, match=message):
        read(str(file), 2)


@pytest.mark.parametrize("name", ["batching.config", "batching-cpu.config"])
def test_the_production_batching_files_are_valid(name: str) -> None:
    file = Path(__file__).resolve().parents[3] / "serving" / "tensorflow_serving" / name
    assert read(str(file), 2).max_batch_size >= max(WARM_UP_BATCHES), "no model of ours would load"
