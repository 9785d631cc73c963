"""Natural batching: what waits together goes together, in order, within bounds and deadlines."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
import pytest

from serving.errors import ModelError, ModelTimeout, ModelUnavailable, Overloaded, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.inference.batches import BatchRequest, Pictures
from serving.gateway.inference.batching import PATIENCE, Batcher, BatchLimits
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef
from serving.gateway.server.bridge import background_loop, wait_for

DIGITS = ModelRef("digits")


class Gate(asyncio.Event):
    """An event of the loop that tests set from their own thread."""

    def open(self) -> None:
        background_loop().call_soon_threadsafe(self.set)


@dataclass
class Server:
    """Answers each picture with its first pixel; waits where a test holds it, for one model or for all."""

    calls: list[tuple[ModelRef, list[int], CallContext]] = field(default_factory=list)
    gate: Gate = field(default_factory=Gate)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    fail: Callable[[], None] | None = None
    held: Gate | None = None
    hung: ModelRef | None = None

    async def send(self, ref: ModelRef, pictures: Pictures, context: CallContext) -> Reply:
        self.calls.append((ref, pictures[:, 0, 0].tolist(), context))
        self.entered.release()
        if self.hung in (None, ref):
            try:
                await asyncio.wait_for(self.gate.wait(), min(5.0, context.deadline.remaining()))
            except asyncio.TimeoutError as error:
                raise ModelTimeout("too late") from error
        if self.held is not None:
            await asyncio.wait_for(self.held.wait(), 5)
        if self.fail is not None:
            self.fail()
        return Reply(1, {"value": pictures[:, 0, 0].astype(np.float32)})

    def sizes(self) -> list[int]:
        return [len(values) for _, values, _ in self.calls]


class Callers:
    """Requests on the background loop, each with pictures of one value."""

    def __init__(self, server: Server, **limits: int) -> None:
        self.batcher = Batcher(server.send, BatchLimits(**{"max_batch": 8, "max_waiting": 16, **limits}))
        self.server = server

    def ask(
        self, value: int, count: int = 1, seconds: float = 5.0, ref: ModelRef = DIGITS
    ) -> Future[list[float]]:
        async def predict() -> list[float]:
            context = CallContext(Deadline.after(seconds), (f"id-{value}",))
            request = BatchRequest(np.full((count, 28, 28), value, np.uint8), context)
            return list((await self.batcher.predict(ref, request)).outputs["value"])

        return asyncio.run_coroutine_threadsafe(predict(), background_loop())

    def hold(self, ref: ModelRef = DIGITS) -> Future[list[float]]:
        """Make a first call that stays under way until the gate opens."""
        first = self.ask(0, ref=ref)
        assert self.server.entered.acquire(timeout=5)
        return first

    def waiting(self, count: int) -> None:
        """Return once so many pictures wait."""
        queue = self.batcher._queues[DIGITS]
        until(lambda: queue._waiting_pictures == count)


def until(condition: Callable[[], bool]) -> None:
    """Return once something is true."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        wait_for(asyncio.sleep(0.001))


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


def test_more_than_the_bound_is_refused_at_once(server: Server) -> None:
    callers = Callers(server, max_waiting=4)
    callers.hold()
    others = [callers.ask(1, 2), callers.ask(2, 2)]
    callers.waiting(4)
    with pytest.raises(Overloaded):
        callers.ask(3).result(5)
    server.gate.open()
    assert [len(other.result(5)) for other in others] == [2, 2]


def test_a_request_that_gives_up_leaves_the_queue(server: Server) -> None:
    callers = Callers(server)
    callers.hold()
    with pytest.raises(ModelTimeout):
        callers.ask(1, seconds=0.05).result(5)
    other = callers.ask(2)
    callers.waiting(1)
    server.gate.open()
    assert other.result(5) == [2.0]
    assert [values for _, values, _ in server.calls] == [[0], [2]]


def test_a_short_deadline_does_not_shorten_that_of_others(server: Server) -> None:
    callers = Callers(server)
    first = callers.hold()
    short, long = callers.ask(1, seconds=0.3), callers.ask(2, seconds=5.0)
    callers.waiting(2)
    server.gate.open()
    assert first.result(5) == [0.0]
    assert {tuple(short.result(5)), tuple(long.result(5))} == {(1.0,), (2.0,)}
    assert server.calls[-1][2].deadline.remaining() > 1.0


def test_a_waiter_gives_up_in_time_though_the_call_goes_on(server: Server) -> None:
    callers = Callers(server)
    callers.hold()
    short, long = callers.ask(1, seconds=0.5), callers.ask(2, seconds=30.0)
    callers.waiting(2)
    server.held = Gate()
    server.gate.open()
    with pytest.raises(ModelTimeout):
        short.result(5)
    assert not long.done()
    server.held.open()
    assert long.result(5) == [2.0]


def test_a_failure_reaches_everybody_in_the_batch_and_nobody_else(server: Server) -> None:
    def fail() -> None:
        if len(server.calls) == 2:
            raise ModelUnavailable("away")

    server.fail = fail
    callers = Callers(server)
    first = callers.hold()
    others = [callers.ask(1), callers.ask(2)]
    callers.waiting(2)
    server.gate.open()
    assert first.result(5) == [0.0]
    assert [type(other.exception(5)) for other in others] == [ModelUnavailable] * 2
    assert callers.ask(3).result(5) == [3.0]


def test_an_output_without_one_row_a_picture_is_the_models_fault() -> None:
    async def send(_ref: ModelRef, _pictures: Pictures, _context: CallContext) -> Reply:
        return Reply(1, {"value": np.zeros(7, np.float32)})

    async def predict() -> None:
        request = BatchRequest(np.zeros((2, 28, 28), np.uint8), CallContext(Deadline.after(1)))
        await Batcher(send, BatchLimits(max_batch=8, max_waiting=8)).predict(DIGITS, request)

    with pytest.raises(ModelError):
        wait_for(predict())


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
    callers = Callers(server, calls=2)
    callers.hold()
    callers.hold()
    assert server.sizes() == [1, 1]
    server.gate.open()


def test_a_request_whose_deadline_has_passed_is_never_sent(server: Server) -> None:
    callers = Callers(server)
    with pytest.raises(ModelTimeout):
        callers.ask(1, seconds=0.0).result(5)
    until(lambda: callers.batcher._queues[DIGITS].idle)
    assert server.calls == []


def test_a_model_that_hangs_delays_only_its_own_callers(server: Server) -> None:
    server.hung = DIGITS
    callers = Callers(server, max_calls=1)
    hung = [callers.hold(), *(callers.ask(value) for value in range(1, 9))]
    clothes = ModelRef("clothes")
    assert [callers.ask(value, ref=clothes).result(5) for value in (1, 2, 3)] == [[1.0], [2.0], [3.0]]
    assert not any(each.done() for each in hung)
    server.gate.open()
    assert [each.result(5) for each in hung] == [[float(value)] for value in range(9)]


def test_a_call_that_hangs_no_longer_holds_up_others_after_a_while(server: Server) -> None:
    callers = Callers(server, max_calls=2)
    first, second = callers.hold(), callers.ask(1, seconds=30)
    assert server.entered.acquire(timeout=PATIENCE + 5)
    third = callers.ask(2, seconds=PATIENCE + 0.5)
    with pytest.raises(ModelTimeout):
        third.result(10)
    assert server.sizes() == [1, 1]
    server.gate.open()
    assert (first.result(5), second.result(5)) == ([0.0], [1.0])


def test_a_bug_of_our_own_is_an_internal_error_for_all_of_the_batch_and_is_logged_with_their_ids(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        if len(server.calls) == 2:
            raise TypeError("secret internals")

    server.fail = fail
    callers = Callers(server)
    first = callers.hold()
    others = [callers.ask(1), callers.ask(2)]
    callers.waiting(2)
    server.gate.open()
    assert first.result(5) == [0.0]
    assert [type(other.exception(5)) for other in others] == [ServiceError] * 2
    (record,) = [record for record in caplog.records if record.exc_info]
    assert "secret internals" in str(record.exc_info)
    assert vars(record)["request_id"] == "id-1,id-2"
