"""The bridge: requests take turns on one loop, and synchronous code waits without holding it up."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

from serving.gateway.server import bridge


def test_a_request_that_waits_lets_the_next_begin() -> None:
    happened: list[str] = []

    async def main() -> None:
        event = asyncio.Event()

        def first() -> str:
            happened.append("first waits")
            bridge.wait_for(event.wait())
            happened.append("first goes on")
            return "first"

        def second() -> str:
            happened.append("second")
            event.set()
            return "second"

        results = await asyncio.gather(bridge.run(first), bridge.run(second))
        assert [*results] == ["first", "second"]

    asyncio.run(main())
    assert happened == ["first waits", "second", "first goes on"]


def test_a_request_may_wait_many_times_and_gets_each_result() -> None:
    async def twice(value: int) -> int:
        await asyncio.sleep(0)
        return 2 * value

    def request(count: int) -> list[int]:
        return [bridge.wait_for(twice(value)) for value in range(count)]

    assert asyncio.run(bridge.run(request, 500)) == [2 * value for value in range(500)]


def test_many_requests_at_a_time_each_get_their_own_result() -> None:
    async def later(value: int) -> int:
        await asyncio.sleep(value % 7 / 1000)
        return value

    async def main() -> list[int]:
        return await asyncio.gather(*(bridge.run(bridge.wait_for, later(value)) for value in range(200)))

    assert asyncio.run(main()) == list(range(200))


async def fail() -> None:
    await asyncio.sleep(0)
    raise KeyError("gone")


def test_an_error_of_what_is_waited_for_is_raised_where_it_is_waited_for() -> None:
    def request() -> str:
        try:
            bridge.wait_for(fail())
        except KeyError as error:
            return str(error.args[0])
        return "no error"

    assert asyncio.run(bridge.run(request)) == "gone"


def test_an_error_that_a_request_does_not_catch_reaches_the_server() -> None:
    with pytest.raises(KeyError):
        asyncio.run(bridge.run(lambda: bridge.wait_for(fail())))


def test_a_request_whose_task_is_cancelled_is_unwound() -> None:
    unwound: list[bool] = []

    def request() -> None:
        try:
            bridge.wait_for(asyncio.sleep(600))
        finally:
            unwound.append(True)

    async def main() -> None:
        task = asyncio.create_task(bridge.run(request))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert unwound == [True]


class Held:
    """Something that a request holds."""


def test_nothing_of_a_request_that_failed_survives_it() -> None:
    held: list[weakref.ref[Held]] = []

    def request() -> None:
        thing = Held()
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
