"""Places are counted exactly, however requests end."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from serving.gateway.server.admission import Admission
from serving.gateway.server.limits import ServerLimits


def request(path: str = "/") -> dict[str, Any]:
    return {"path": path, "state": {}}


def read(admission: Admission, scope: dict[str, Any], *, left: bool) -> None:
    assert not scope["state"], "read twice"
    assert left or admission.take(scope)


def test_no_more_places_are_given_than_there_are_and_each_comes_back() -> None:
    admission, requests = Admission(ServerLimits(queued=2)), [request() for _ in range(4)]
    assert [admission.take(each) for each in requests] == [True, True, False, False]
    for each in (*requests[1:], requests[1]):
        admission.leave(each)
    assert [admission.take(each) for each in requests] == [True, True, False, False]
    assert admission.take(request("/healthz"))


def test_those_that_wait_get_places_in_the_order_they_came_and_nobody_overtakes_them() -> None:
    async def main() -> None:
        admission, first, second = Admission(ServerLimits(queued=2, wait_seconds=60)), request(), request()
        assert admission.take(first)
        assert admission.take(second)
        waiting = [request() for _ in range(4)]
        for each in waiting:
            left = each is waiting[1]
            admission.wait(partial(read, admission, each, left=left), refused_at=float("-inf"))
        admission.leave(first)
        assert admission.must_wait(b"GET / HTTP/1.1\r\n")
        await asyncio.sleep(0)
        assert [bool(each["state"]) for each in waiting] == [True, False, False, False]
        admission.leave(second)
        admission.leave(waiting[0])
        await asyncio.sleep(0)
        assert [bool(each["state"]) for each in waiting] == [False, False, True, True]
        assert not admission.has_room

    asyncio.run(main())


@pytest.mark.parametrize(
    ("head", "waits"),
    [
        (b"GET /healthz HTTP/1.1\r\n", False),
        (b"GET /metrics?x HTTP/1.1\r\n", False),
        (b"HEAD /v2/health/live HTTP/1.1\r\n", False),
        (b"GET /healthz/more HTTP/1.1\r\n", True),
        (b"POST /classify HTTP/1.1\r\n", True),
        (b"GE", True),
        (b"\xff\xfe \xff", True),
    ],
)
def test_a_full_server_holds_back_all_but_probes(head: bytes, waits: bool) -> None:
    assert Admission(ServerLimits(queued=0)).must_wait(head) is waits
