"""Natural batching: what waits together goes together, and each request gets its own answer."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from serving.errors import ModelError, ModelTimeout, ModelUnavailable, Overloaded, ServiceError
from serving.gateway.inference.batches import Pictures
from serving.gateway.inference.batching import PATIENCE, Batcher
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef
from serving.gateway.server.bridge import background_loop, wait_for
from serving.gateway.settings.settings import Settings
from tests.unit.gateway.batch_callers import CLOTHES, DIGITS, Callers, Gate
from tests.waiting import eventually


@pytest.mark.parametrize("count", [1, 9], ids=["one picture", "more than a batch takes"])
def test_one_request_is_sent_at_once_and_alone(count: int) -> None:
    callers = Callers(max_batch=4)
    callers.gate.open()
    assert callers.ask(5, count).result(5) == [5.0] * count
    assert callers.sent() == [[5] * count]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ([(1, 1), (2, 1), (3, 1)], [[1, 2, 3]]),
        ([(1, 2), (2, 1), (3, 4)], [[1, 1, 2], [3, 3, 3, 3]]),
        ([(value, 1) for value in range(1, 11)], [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]),
    ],
    ids=["they go together", "each gets its own rows", "no more than the bound, in their order"],
)
def test_what_arrives_while_a_call_is_under_way_goes_in_batches(
    asked: list[tuple[int, int]], sent: list[list[int]]
) -> None:
    callers = Callers(max_batch=4)
    first, others = callers.hold(), callers.line_up(*asked)
    callers.gate.open()
    assert first.result(5) == [0.0]
    assert [other.result(5) for other in others] == [[float(value)] * count for value, count in asked]
    assert callers.sent() == [[0], *sent]


def test_a_caller_that_asks_again_at_once_joins_those_that_waited() -> None:
    callers = Callers()

    async def twice() -> None:
        for value in (1, 2):
            await callers.predict(value)
            await asyncio.sleep(0)  # the answer is written and the next request read

    first = asyncio.run_coroutine_threadsafe(twice(), background_loop())
    assert callers.entered.acquire(timeout=5)
    (other,) = callers.line_up((3, 1))
    callers.gate.open()
    first.result(5)
    other.result(5)
    assert [sorted(values) for values in callers.sent()] == [[1], [2, 3]]


def test_models_and_versions_are_never_mixed() -> None:
    callers = Callers()
    callers.hold()
    callers.gate.open()
    refs = [ModelRef("digits", 1), ModelRef("digits", label="stable"), CLOTHES]
    for value, ref in enumerate(refs, 1):
        assert callers.ask(value, ref=ref).result(5) == [float(value)]
    assert [ref for ref, _, _ in callers.calls] == [DIGITS, *refs]


def test_a_call_has_the_ids_of_all_its_requests_and_the_longest_of_their_deadlines() -> None:
    callers = Callers()
    first = callers.hold()
    short, long = callers.ask(1, seconds=0.3), callers.ask(2)
    callers.waiting(2)
    callers.gate.open()
    assert [each.result(5) for each in (first, short, long)] == [[0.0], [1.0], [2.0]]
    assert sorted(callers.calls[-1][2].request_ids) == ["id-1", "id-2"]
    assert callers.calls[-1][2].deadline.remaining() > 1.0


def test_under_load_every_request_is_answered_with_its_own() -> None:
    callers = Callers(max_waiting=10_000)
    callers.gate.open()
    futures = [callers.ask(value % 256, 1 + value % 3) for value in range(2000)]
    for value, future in enumerate(futures):
        assert future.result(30) == [float(value % 256)] * (1 + value % 3)
    eventually(lambda: callers.batcher._queues[DIGITS].idle)


def test_several_calls_of_one_model_may_be_allowed() -> None:
    callers = Callers(batch_calls=2)
    callers.hold()
    callers.hold()
    assert callers.sent() == [[0], [0]]
    callers.gate.open()


def test_more_than_the_bound_is_refused_at_once() -> None:
    callers = Callers(max_waiting=4)
    callers.hold()
    others = callers.line_up((1, 2), (2, 2))
    with pytest.raises(Overloaded):
        callers.ask(3).result(5)
    callers.gate.open()
    assert [len(other.result(5)) for other in others] == [2, 2]


def test_a_request_that_gives_up_leaves_the_queue() -> None:
    callers = Callers()
    callers.hold()
    with pytest.raises(ModelTimeout):
        callers.ask(1, seconds=0.05).result(5)
    (other,) = callers.line_up((2, 1))
    callers.gate.open()
    assert other.result(5) == [2.0]
    assert callers.sent() == [[0], [2]]


def test_a_waiter_gives_up_in_time_though_the_call_goes_on() -> None:
    callers = Callers()
    callers.hold()
    short, long = callers.ask(1, seconds=0.5), callers.ask(2, seconds=30.0)
    callers.waiting(2)
    callers.held = Gate()
    callers.gate.open()
    with pytest.raises(ModelTimeout):
        short.result(5)
    assert not long.done()
    callers.held.open()
    assert long.result(5) == [2.0]


@pytest.mark.parametrize(
    ("failure", "kind", "logged"),
    [
        (ModelUnavailable("away"), ModelUnavailable, []),
        (TypeError("secret internals"), ServiceError, [("secret internals", "id-1,id-2")]),
    ],
    ids=["an error of the model server", "a bug of our own, logged with their ids"],
)
def test_a_failure_reaches_everybody_in_the_batch_and_nobody_else(
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    kind: type[ServiceError],
    logged: list[tuple[str, str]],
) -> None:
    def fail() -> None:
        if len(callers.calls) == 2:
            raise failure

    callers = Callers()
    callers.fail = fail
    first, others = callers.hold(), callers.line_up((1, 1), (2, 1))
    callers.gate.open()
    assert first.result(5) == [0.0]
    assert [type(other.exception(5)) for other in others] == [kind, kind]
    assert callers.ask(3).result(5) == [3.0]
    records = [record for record in caplog.records if record.exc_info and record.exc_info[1]]
    assert [(str(each.exc_info[1]), vars(each)["request_id"]) for each in records if each.exc_info] == logged


def test_an_output_without_one_row_a_picture_is_the_models_fault() -> None:
    async def send(_ref: ModelRef, _pictures: Pictures, _context: CallContext) -> Reply:
        return Reply(1, {"value": np.zeros(7, np.float32)})

    callers = Callers()
    callers.batcher = Batcher(send, Settings(max_batch=8, max_waiting=8))
    with pytest.raises(ModelError):
        wait_for(callers.predict(1, 2))


def test_a_request_whose_deadline_has_passed_is_never_sent() -> None:
    callers = Callers()
    with pytest.raises(ModelTimeout):
        callers.ask(1, seconds=0.0).result(5)
    eventually(lambda: callers.batcher._queues[DIGITS].idle)
    assert callers.calls == []


def test_a_model_that_hangs_delays_only_its_own_callers() -> None:
    callers = Callers(max_calls=1)
    callers.hung = DIGITS
    hung = [callers.hold(), *(callers.ask(value) for value in range(1, 9))]
    assert [callers.ask(value, ref=CLOTHES).result(5) for value in (1, 2, 3)] == [[1.0], [2.0], [3.0]]
    assert not any(each.done() for each in hung)
    callers.gate.open()
    assert [each.result(5) for each in hung] == [[float(value)] for value in range(9)]


def test_a_call_that_hangs_no_longer_holds_up_others_after_a_while() -> None:
    callers = Callers(max_calls=2)
    first, second = callers.hold(), callers.ask(1, seconds=30)
    assert callers.entered.acquire(timeout=PATIENCE + 5)
    with pytest.raises(ModelTimeout):
        callers.ask(2, seconds=PATIENCE + 0.5).result(10)
    assert callers.sent() == [[0], [1]]
    callers.gate.open()
    assert (first.result(5), second.result(5)) == ([0.0], [1.0])
