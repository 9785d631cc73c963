"""The bridge: requests take turns on one loop, and synchronous code waits without holding it up."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

from serving.gateway.server import bridge


async def fail() -> None:
    await asyncio.sleep(0)
    raise KeyError("gone")


def test_a_request_that_waits_lets_the_next_begin() -> None:
    happened: list[str] = []

    def first(event: asyncio.Event) -> str:
        happened.append("first waits")
        bridge.wait_for(event.wait())
        happened.append("first goes on")
        return "first"

    def second(event: asyncio.Event) -> str:
        happened.append("second")
        event.set()
        return "second"

    async def main() -> tuple[str, str]:
        event = asyncio.Event()
        return await asyncio.gather(bridge.run(first, event), bridge.run(second, event))

    assert [*asyncio.run(main())] == ["first", "second"]
    assert happened == ["first waits", "second", "first goes on"]


@pytest.mark.parametrize(("requests", "waits"), [(1, 500), (200, 1), (20, 20)])
def test_each_of_many_requests_may_wait_many_times_and_gets_its_own_results(
    requests: int, waits: int
) -> None:
    async def later(number: int, value: int) -> tuple[int, int]:
        await asyncio.sleep(number % 7 / 1000)
        return number, value

    def request(number: int) -> list[tuple[int, int]]:
        return [bridge.wait_for(later(number, value)) for value in range(waits)]

    async def main() -> list[list[tuple[int, int]]]:
        return await asyncio.gather(*(bridge.run(request, number) for number in range(requests)))

    expected = [[(number, value) for value in range(waits)] for number in range(requests)]
    assert asyncio.run(main()) == expected


def test_an_error_of_what_is_waited_for_is_raised_where_it_is_waited_for() -> None:
    def request() -> None:
        with pytest.raises(KeyError, match="gone"):
            bridge.wait_for(fail())

    asyncio.run(bridge.run(request))


def test_a_request_whose_task_is_cancelled_is_unwound() -> None:
    unwound: list[bool] = []

    def request() -> None:
        try:
            bridge.wait_for(asyncio.sleep(600))
        finally:
            unwound.append(True)

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(bridge.run(request), 0.01)

    asyncio.run(main())
    assert unwound == [True]


def test_an_error_that_a_request_does_not_catch_reaches_the_server_and_nothing_else_survives() -> None:
    held: list[weakref.ref[set[int]]] = []

    def request() -> None:
        thing = {1}
        held.append(weakref.ref(thing))
        bridge.wait_for(fail())

    async def main() -> None:
        with pytest.raises(KeyError):
            await bridge.run(request)

    gc.disable()
    try:
        asyncio.run(main())
        assert held[0]() is None
    finally:
        gc.enable()


def test_outside_of_a_request_a_thread_waits_for_the_background_loop() -> None:
    async def where() -> tuple[str, asyncio.AbstractEventLoop]:
        return threading.current_thread().name, asyncio.get_running_loop()

    assert bridge.wait_for(where()) == ("background-loop", bridge.background_loop())
    with pytest.raises(KeyError):
        bridge.wait_for(fail())
