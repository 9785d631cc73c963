"""The blocking client and many pictures: order, batches, streaming, failures that stay alone."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from client.batches import Batch, BatchCall, Pace
from client.connection import Connection
from client.errors import BadReply, SourceError
from client.problems import InternalError, TooLarge, WrongKey
from client.replies import CLASSIFY, Reply
from client.requests import Options, Request
from client.results import Failure, Prediction
from client.retry import RetryPolicy
from client.sources import load
from client.synchronous import Client
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway


def test_many_keep_their_order_and_their_failures(
    client: Client, gateway: FakeGateway, pictures: Path
) -> None:
    sources = [b"1", pictures / "missing.png", fake.BAD, *sorted(pictures.iterdir()), b""]
    results = list(client.classify_many(sources, batch_size=4, concurrency=3))
    assert [result.source for result in results] == sources
    failed = {index: r.error.code for index, r in enumerate(results) if isinstance(r, Failure)}
    assert failed == {1: "unreadable_source", 2: "unsupported_image", 13: "unreadable_source"}
    assert sum(gateway.batches) == 12


def test_a_batch_in_which_all_fail_is_reported_picture_by_picture(client: Client) -> None:
    results = list(client.classify_many([fake.BAD + b"1", fake.BAD + b"22"]))
    assert [isinstance(result, Failure) and result.error.code for result in results] == [
        "unsupported_image"
    ] * 2


def test_many_answers_come_before_the_last_picture_is_read(client: Client) -> None:
    read = 0

    def sources() -> Iterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"1"

    next(iter(client.classify_many(sources(), batch_size=5, concurrency=2)))
    assert read <= 5 * 2 * 2


def test_no_more_requests_at_once_than_asked_for(client: Client, gateway: FakeGateway) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def counted(handler: fake.Handler, received: fake.Received) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1
        handler.classified(received)

    together = threading.Barrier(3, timeout=10)
    gateway.faults.extend([counted] * 30)
    assert len(list(client.classify_many([b"1"] * 30, batch_size=1, concurrency=3))) == 30
    assert most == 3


def test_the_first_error_is_raised_after_the_results_before_it(client: Client, gateway: FakeGateway) -> None:
    gateway.faults.extend([fake.well] * 5 + [fake.problem(403, "wrong_key")] * 5)
    results = client.classify_many([b"1"] * 100, batch_size=1, concurrency=1)
    assert [isinstance(next(results), Prediction) for _ in range(5)] == [True] * 5
    with pytest.raises(WrongKey):
        next(results)


def test_an_error_of_the_sources_themselves_is_raised(client: Client) -> None:
    def sources() -> Iterator[bytes]:
        yield b"1"
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        list(client.classify_many(sources()))


@pytest.mark.parametrize("closed", [True, False])
def test_leaving_early_cancels_what_is_under_way(closed: bool, gateway: FakeGateway) -> None:
    gateway.faults.extend([fake.hang_but_for(b"1")] * 100)
    with Client(gateway.url, timeout=120) as client:
        results = client.classify_many([b"1", *[b"2"] * 99], batch_size=1, concurrency=2)
        next(results)
        if closed:
            results.close()  # type: ignore[attr-defined]
    assert len(gateway.received) <= 4, "closing the client waited for none of the slow answers"


def test_a_batch_over_the_services_limit_is_halved_until_it_fits(
    client: Client, gateway: FakeGateway
) -> None:
    gateway.too_many = 3
    results = list(client.classify_many([b"1" * size for size in range(1, 11)], batch_size=10))
    assert [isinstance(r, Prediction) and r.class_id for r in results] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]


def test_batches_the_service_is_too_slow_for_are_made_smaller(client: Client, gateway: FakeGateway) -> None:
    gateway.too_slow = 6
    sources = [b"1" * size for size in range(1, 61)]
    results = list(client.classify_many(sources, batch_size=20, concurrency=1))
    assert [isinstance(r, Prediction) and r.class_id for r in results] == [n % 10 for n in range(1, 61)]
    assert gateway.batches[:3] == [20, 10, 5]
    assert max(gateway.batches[3:]) <= 7, "what was learned holds for the batches after it"


class _Deadlines:
    """A connection that notes deadlines, and refuses the first request as too large."""

    timeout, policy, reached = 30.0, RetryPolicy(), True

    def __init__(self) -> None:
        self.noted: list[float] = []

    async def call(self, _request: Request, deadline: float, _give_up: object) -> Reply:
        self.noted.append(deadline)
        if len(self.noted) == 1:
            raise TooLarge("too large", status=413)
        entry = fake.prediction("0", b"1", False)
        body = {"model": {"name": "mnist", "version": 3}, "predictions": [entry]}
        return Reply(200, {}, json.dumps(body).encode())


def test_a_batch_has_its_time_again_with_every_answer() -> None:
    connection = _Deadlines()
    batch: Batch = [load(b"1"), load(b"22")]
    call = BatchCall(cast("Connection", connection), Pace(), CLASSIFY, Options(), batch)
    assert all(isinstance(result, Prediction) for result in asyncio.run(call.run()))
    refused, first, second = connection.noted
    assert refused == first < second


def test_the_one_picture_that_breaks_the_service_is_found(client: Client, gateway: FakeGateway) -> None:
    broken = fake.problem(500, "internal")
    gateway.faults.extend([broken, fake.well, broken, broken, fake.well])
    results = list(client.classify_many([b"1", b"22", b"333", b"4444"]))
    assert [isinstance(r, Prediction) and r.class_id for r in results] == [1, 2, False, 4]
    assert isinstance(results[2], Failure)
    assert isinstance(results[2].error, InternalError)


def test_a_picture_too_large_for_the_service_fails_alone(client: Client, gateway: FakeGateway) -> None:
    too_large = fake.problem(413, "too_large")
    gateway.faults.extend([too_large, too_large])
    results = list(client.classify_many([b"1", b"22"]))
    assert isinstance(results[0], Failure)
    assert isinstance(results[0].error, TooLarge)
    assert isinstance(results[1], Prediction)


def test_answers_in_another_order_are_refused(client: Client, gateway: FakeGateway) -> None:
    def swapped(handler: fake.Handler, received: fake.Received) -> None:
        entries = [fake.prediction(name, data, False) for name, data in reversed(received.images)]
        handler.answer(200, {"model": {"name": "mnist", "version": 3}, "predictions": entries})

    gateway.faults.append(swapped)
    with pytest.raises(BadReply, match="picture 0"):
        list(client.classify_many([b"1", b"22"]))


def test_large_files_are_streamed_whole_and_in_order(
    client: Client, gateway: FakeGateway, tmp_path: Path
) -> None:
    contents = [bytes([number]) * size for number, size in enumerate((100_000, 10, 700_000, 65_536))]
    paths = [tmp_path / f"{number}.bin" for number in range(4)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    list(client.classify_many(paths))
    assert gateway.received[0].headers["content-type"].startswith("multipart/form-data")
    assert [content for _, content in gateway.received[0].images] == contents


def test_a_large_file_that_goes_away_fails_alone(client: Client, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.bin" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(b"x" * (100_001 + number))

    def sources() -> Iterator[Path]:
        yield from paths
        paths[1].unlink()

    results = list(client.classify_many(sources(), batch_size=10))
    assert [isinstance(result, Prediction) for result in results] == [True, False, True]
    assert isinstance(results[1], Failure)
    assert isinstance(results[1].error, SourceError)
