"""The asynchronous client against the same scripted gateway: what it does not share with the blocking one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from client.asynchronous import AsyncClient
from client.errors import TimedOut
from client.problems import ModelUnavailable, UnsupportedImage
from client.results import Failure, Prediction, Result
from client.retry import RetryPolicy
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway


def test_pictures_are_classified_in_order(gateway: FakeGateway, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 200_004)

    async def run() -> list[Result]:
        async with AsyncClient(gateway.url) as client:
            sources = [b"1", fake.BAD, large, b"333", tmp_path / "missing"]
            return [result async for result in client.classify_many(sources, batch_size=2, concurrency=2)]

    results = asyncio.run(run())
    assert [isinstance(r, Prediction) and r.class_id for r in results] == [1, False, 4, 3, False]
    assert isinstance(results[1], Failure)


def test_an_asynchronous_iterable_is_taken(gateway: FakeGateway) -> None:
    async def sources() -> AsyncIterator[bytes]:
        for size in (1, 2, 3):
            await asyncio.sleep(0)
            yield b"x" * size

    async def run() -> list[Result]:
        async with AsyncClient(gateway.url) as client:
            return [result async for result in client.classify_many(sources(), batch_size=2)]

    assert len(asyncio.run(run())) == 3


def test_errors_retries_and_deadlines_are_those_of_the_blocking_client(gateway: FakeGateway) -> None:
    async def run() -> None:
        policy = RetryPolicy(retries=1, first_wait=0.01)
        async with AsyncClient(gateway.url, retries=policy) as client:
            gateway.faults.append(fake.drop)
            assert (await client.classify(b"22")).class_id == 2
            with pytest.raises(UnsupportedImage):
                await client.classify(fake.BAD)
            gateway.faults.extend([fake.problem(503, "model_unavailable", retryable=True)] * 2)
            with pytest.raises(ModelUnavailable):
                await client.classify(b"1")
        async with AsyncClient(gateway.url, retries=policy, timeout=0.5) as client:
            gateway.faults.append(fake.dribble)
            with pytest.raises(TimedOut):
                await client.classify(b"1")

    asyncio.run(run())


def test_models_and_readiness(gateway: FakeGateway) -> None:
    gateway.ready_after = 1

    async def run() -> None:
        async with AsyncClient(gateway.url) as client:
            await client.wait_until_ready(5)
            assert [model.name for model in await client.models()] == ["mnist"]
            assert (await client.model("mnist")).ready

    asyncio.run(run())


def test_closing_the_iteration_early_cancels_what_is_under_way(gateway: FakeGateway) -> None:
    async def run() -> int:
        async with AsyncClient(gateway.url) as client:
            results = client.classify_many([b"1"] * 1000, batch_size=1, concurrency=2)
            async for _ in results:
                break
            await results.aclose()  # type: ignore[attr-defined]
            return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1
    assert len(gateway.received) < 10
