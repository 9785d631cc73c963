"""Natural batching: what waits together goes together, and each request gets its own answer."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from serving.gateway.deadline import Deadline
from serving.gateway.inference.batches import BatchRequest
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.names import ModelRef
from serving.gateway.server.bridge import background_loop
from tests.unit.gateway.batch_callers import DIGITS, Callers, Server, until


@pytest.fixture
def server() -> Server:
    return Server()


def test_one_request_is_sent_at_once(server: Server) -> None:
    server.gate.open()
    assert Callers(server).ask(5).result(5) == [5.0]
    assert server.sizes() == [1]


def test_what_arrives_while_a_call_is_under_way_goes_together(server: Server) -> None:
    callers = Callers(server)
    first = callers.hold()
    others = [callers.ask(value) for value in range(1, 6)]
    callers.waiting(5)
    server.gate.open()
    assert first.result(5) == [0.0]
    assert [other.result(5) for other in others] == [[1.0], [2.0], [3.0], [4.0], [5.0]]
    assert server.sizes() == [1, 5]


def test_a_caller_that_asks_again_at_once_joins_those_that_waited(server: Server) -> None:
    callers = Callers(server)

    async def twice() -> None:
        for value in (1, 2):
            context = CallContext(Deadline.after(5.0), (f"id-{value}",))
            request = BatchRequest(np.full((1, 28, 28), value, np.uint8), context)
            await callers.batcher.predict(DIGITS, request)
            await asyncio.sleep(0)  # the answer is written and the next request read

    first = asyncio.run_coroutine_threadsafe(twice(), background_loop())
    assert server.entered.acquire(timeout=5)
    other = callers.ask(3)
    callers.waiting(1)
    server.gate.open()
    first.result(5)
    other.result(5)
    assert [sorted(values) for _, values, _ in server.calls] == [[1], [2, 3]]


def test_every_request_gets_its_own_rows(server: Server) -> None:
    callers = Callers(server)
    callers.hold()
    counts = [(1, 2), (2, 1), (3, 4)]
    others = []
    for waiting, (value, count) in enumerate(counts):
        others.append(callers.ask(value, count))
        callers.waiting(sum(each for _, each in counts[: waiting + 1]))
    server.gate.open()
    assert [other.result(5) for other in others] == [[1.0] * 2, [2.0], [3.0] * 4]


def test_a_batch_is_no_larger_than_the_bound_and_keeps_the_order(server: Server) -> None:
    callers = Callers(server, max_batch=4)
    callers.hold()
    others = []
    for value in range(1, 11):
        others.append(callers.ask(value))
        callers.waiting(value)
    server.gate.open()
    assert [other.result(5) for other in others] == [[float(value)] for value in range(1, 11)]
    assert [values for _, values, _ in server.calls] == [[0], [1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]


def test_a_request_larger_than_a_batch_goes_alone(server: Server) -> None:
    callers = Callers(server, max_batch=4)
    server.gate.open()
    assert callers.ask(3, 9).result(5) == [3.0] * 9
    assert server.sizes() == [9]


def test_models_and_versions_are_never_mixed(server: Server) -> None:
    callers = Callers(server)
    callers.hold()
    server.gate.open()
    refs = [ModelRef("digits", 1), ModelRef("digits", label="stable"), ModelRef("clothes")]
    for value, ref in enumerate(refs, 1):
        assert callers.ask(value, ref=ref).result(5) == [float(value)]
    assert [ref for ref, _, _ in server.calls] == [DIGITS, *refs]


def test_a_call_carries_the_ids_of_all_its_requests(server: Server) -> None:
    callers = Callers(server)
    callers.hold()
    others = [callers.ask(1), callers.ask(2)]
    callers.waiting(2)
    server.gate.open()
    for other in others:
        other.result(5)
    assert sorted(server.calls[-1][2].request_ids) == ["id-1", "id-2"]


def test_under_load_every_request_is_answered_with_its_own(server: Server) -> None:
    server.gate.open()
    callers = Callers(server, max_waiting=10_000)
    futures = [callers.ask(value % 256, 1 + value % 3) for value in range(2000)]
    for value, future in enumerate(futures):
        assert future.result(30) == [float(value % 256)] * (1 + value % 3)
    until(lambda: callers.batcher._queues[DIGITS].idle)


def test_several_calls_of_one_model_may_be_allowed(server: Server) -> None:
    callers = Callers(server, batch_calls=2)
    callers.hold()
    callers.hold()
    assert server.sizes() == [1, 1]
    server.gate.open()
