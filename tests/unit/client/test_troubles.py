"""The blocking client in trouble: what it asks again, how long it waits, when it gives up."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from client.connection import LARGE_BODY
from client.errors import BadReply, ServiceUnreachable, TimedOut
from client.problems import BadModelReply, ModelUnavailable, RateLimited, TooLarge
from client.results import Failure, Prediction
from client.retry import RetryPolicy
from client.synchronous import Client
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway

QUICK = RetryPolicy(retries=3, first_wait=0.01)


def test_429_waits_as_long_as_the_service_asks(gateway: FakeGateway) -> None:
    gateway.faults.append(fake.problem(429, "overloaded", "1", retryable=True))
    waits: list[float] = []
    policy = _Recording(waits)
    with Client(gateway.url, retries=policy) as client:
        assert client.classify(b"22").class_id == 2
    assert 1.0 <= waits[0] <= 1.2


class _Recording(RetryPolicy):
    """Notes the waits that were decided."""

    def __init__(self, waits: list[float]) -> None:
        super().__init__(first_wait=0.01)
        object.__setattr__(self, "_waits", waits)

    def wait(self, *arguments: object, **named: object) -> float:
        wait = super().wait(*arguments, **named)  # type: ignore[arg-type]
        self._waits.append(wait)  # type: ignore[attr-defined]
        return wait


def test_a_wait_beyond_the_deadline_is_not_begun(gateway: FakeGateway) -> None:
    gateway.faults.append(fake.problem(429, "rate_limited", "3600", retryable=True))
    with Client(gateway.url, timeout=5) as client, pytest.raises(RateLimited) as caught:
        client.classify(b"1")
    assert caught.value.retry_after == 3600


def test_passing_troubles_are_outlived(gateway: FakeGateway) -> None:
    gateway.faults.extend(
        [fake.problem(503, "model_unavailable", retryable=True), fake.drop, fake.plain(502)]
    )
    with Client(gateway.url, retries=QUICK) as client:
        assert client.classify(b"333").class_id == 3
    assert len(gateway.received) == 4


def test_what_is_not_retryable_is_asked_once(gateway: FakeGateway, client: Client) -> None:
    gateway.faults.append(fake.problem(502, "bad_model_reply", retryable=False))
    with pytest.raises(BadModelReply):
        client.classify(b"1")
    assert len(gateway.received) == 1


def test_retries_end(gateway: FakeGateway) -> None:
    gateway.faults.extend([fake.problem(503, "model_unavailable", retryable=True)] * 10)
    with Client(gateway.url, retries=QUICK) as client, pytest.raises(ModelUnavailable):
        client.classify(b"1")
    assert len(gateway.received) == 4


def test_pictures_with_passing_errors_are_asked_again(gateway: FakeGateway) -> None:
    def half(handler: fake.Handler, received: fake.Received) -> None:
        entries = [fake.prediction(name, data, False) for name, data in received.images]
        error = {"status": 503, "code": "model_unavailable", "retryable": True, "detail": "x"}
        entries[1] = {"name": "1", "error": error}
        handler.answer(200, {"model": {"name": "mnist", "version": 3}, "predictions": entries})

    gateway.faults.append(half)
    with Client(gateway.url, retries=QUICK) as client:
        results = list(client.classify_many([b"1", b"22", b"333"]))
    assert [isinstance(r, Prediction) and r.class_id for r in results] == [1, 2, 3]
    assert gateway.batches == [3, 1]


def test_a_service_that_never_answers_is_given_up_soon() -> None:
    patient = RetryPolicy(retries=100, first_wait=0.01)
    nobody = Client("http://127.0.0.1:9", retries=patient)
    with nobody as client, pytest.raises(ServiceUnreachable, match="is the service running"):
        client.classify(b"1")


def test_a_password_in_the_address_is_not_repeated_in_errors() -> None:
    nobody = Client("http://me:s3cret@127.0.0.1:9", retries=0)
    with nobody as client, pytest.raises(ServiceUnreachable) as caught:
        client.classify(b"1")
    assert "s3cret" not in caught.value.detail


def test_a_picture_that_the_service_cuts_off_for_its_size_fails_alone(
    gateway: FakeGateway, tmp_path: Path
) -> None:
    gateway.most_bytes = LARGE_BODY
    with (tmp_path / "huge.tif").open("wb") as file:
        file.truncate(4 * LARGE_BODY)
    sources = [b"1", tmp_path / "huge.tif", b"22"]
    with Client(gateway.url, retries=20) as client:
        one, huge, two = client.classify_many(sources)
        assert isinstance(huge, Failure)
        assert isinstance(huge.error, TooLarge)
        assert "send a smaller picture" in huge.error.detail
        assert [isinstance(r, Prediction) and r.class_id for r in (one, two)] == [1, 2]
        assert gateway.refused == 2
        with pytest.raises(TooLarge):
            client.classify(tmp_path / "huge.tif")
        (kept,) = client.correct_many([(tmp_path / "huge.tif", "7")])
        assert isinstance(kept, Failure)


def test_a_service_that_goes_away_during_a_large_picture_is_unreachable(tmp_path: Path) -> None:
    with (tmp_path / "huge.tif").open("wb") as file:
        file.truncate(4 * LARGE_BODY)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with Client(url, retries=QUICK) as client, pytest.raises(ServiceUnreachable, match="cannot be reached"):
        client.classify(tmp_path / "huge.tif")


def test_a_slow_answer_ends_with_the_deadline(gateway: FakeGateway) -> None:
    gateway.faults.append(fake.hang)
    with Client(gateway.url, timeout=0.3) as client, pytest.raises(TimedOut):
        client.classify(b"1")


def test_an_answer_that_dribbles_ends_with_the_deadline(gateway: FakeGateway) -> None:
    gateway.faults.append(fake.dribble)
    with Client(gateway.url, timeout=0.4) as client, pytest.raises(TimedOut):
        client.classify(b"1")


@pytest.mark.parametrize("answer", [fake.plain(200), fake.plain(301), fake.plain(204, "")])
def test_another_service_is_told_from_the_gateway(
    client: Client, gateway: FakeGateway, answer: fake.Fault
) -> None:
    gateway.faults.append(answer)
    with pytest.raises(BadReply):
        client.classify(b"1")


@pytest.mark.parametrize(
    "field",
    [
        {"class_id": float("inf")},
        {"probability": "much"},
        {"probabilities": [1, 2]},
        {"probabilities": {"7": "much"}},
        {"top": [{"label": "7", "class_id": float("inf"), "probability": 1}]},
        {"input": {"png_b64": "", "steps": 7}},
        {"error": {"status": float("inf")}},
    ],
)
def test_a_field_of_a_wrong_kind_is_a_bad_reply(
    client: Client, gateway: FakeGateway, field: dict[str, object]
) -> None:
    entry = {**fake.prediction("0", b"1", False), **field}
    body = {"model": {"name": "mnist", "version": 3}, "predictions": [entry]}
    gateway.faults.append(lambda handler, _: handler.answer(200, body))
    with pytest.raises(BadReply, match="missing or wrong"):
        client.classify(b"1")
