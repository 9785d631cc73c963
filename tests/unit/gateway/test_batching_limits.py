"""Natural batching within bounds: full queues, deadlines, failures and calls that hang."""

from __future__ import annotations

import numpy as np
import pytest

from serving.errors import ModelError, ModelTimeout, ModelUnavailable, Overloaded, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.inference.batches import BatchRequest, Pictures
from serving.gateway.inference.batching import PATIENCE, Batcher
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef
from serving.gateway.server.bridge import wait_for
from serving.gateway.settings.settings import Settings
from tests.unit.gateway.batch_callers import DIGITS, Callers, Gate, Server, until


@pytest.fixture
def server() -> Server:
    return Server()


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


def errors_of_a_batch(server: Server, callers: Callers, failure: Exception) -> list[BaseException | None]:
    """What two callers of one batch get if its call fails; the caller before them is answered."""

    def fail() -> None:
        if len(server.calls) == 2:
            raise failure

    server.fail = fail
    first = callers.hold()
    others = [callers.ask(1), callers.ask(2)]
    callers.waiting(2)
    server.gate.open()
    assert first.result(5) == [0.0]
    return [other.exception(5) for other in others]


def test_a_failure_reaches_everybody_in_the_batch_and_nobody_else(server: Server) -> None:
    callers = Callers(server)
    errors = errors_of_a_batch(server, callers, ModelUnavailable("away"))
    assert [type(error) for error in errors] == [ModelUnavailable] * 2
    assert callers.ask(3).result(5) == [3.0]


def test_an_output_without_one_row_a_picture_is_the_models_fault() -> None:
    async def send(_ref: ModelRef, _pictures: Pictures, _context: CallContext) -> Reply:
        return Reply(1, {"value": np.zeros(7, np.float32)})

    async def predict() -> None:
        request = BatchRequest(np.zeros((2, 28, 28), np.uint8), CallContext(Deadline.after(1)))
        await Batcher(send, Settings(max_batch=8, max_waiting=8)).predict(DIGITS, request)

    with pytest.raises(ModelError):
        wait_for(predict())


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
    errors = errors_of_a_batch(server, Callers(server), TypeError("secret internals"))
    assert [type(error) for error in errors] == [ServiceError] * 2
    (record,) = [record for record in caplog.records if record.exc_info]
    assert "secret internals" in str(record.exc_info)
    assert vars(record)["request_id"] == "id-1,id-2"
