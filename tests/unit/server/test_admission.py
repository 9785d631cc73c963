"""Places are counted exactly, however requests end."""

from __future__ import annotations

import asyncio

import pytest

from serving.gateway.server.admission import Admission
from serving.gateway.server.limits import ServerLimits


class Connection:
    """Something that waits."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.proceeded = 0

    def proceed(self) -> None:
        self.proceeded += 1
        self.admission.take("/")


def test_no_more_places_are_given_than_there_are_and_each_comes_back() -> None:
    async def main() -> None:
        admission = Admission(ServerLimits(queued=2))
        assert [admission.take("/") for _ in range(3)] == [True, True, False]
        admission.leave()
        assert [admission.take("/") for _ in range(2)] == [True, False]

    asyncio.run(main())


def test_those_that_wait_get_places_in_the_order_they_came_and_nobody_overtakes_them() -> None:
    async def main() -> None:
        admission = Admission(ServerLimits(queued=2, wait_seconds=60))
        assert admission.take("/")
        assert admission.take("/")
        waiting = [Connection(admission) for _ in range(4)]
        for each in waiting:
            admission.wait(each, refused_at=float("-inf"))
        admission.forget(waiting[1])
        admission.leave()
        assert admission.must_wait(b"GET / HTTP/1.1\r\n")
        await asyncio.sleep(0)
        assert [each.proceeded for each in waiting] == [1, 0, 0, 0]
        admission.leave()
        admission.leave()
        await asyncio.sleep(0)
        assert [each.proceeded for each in waiting] == [1, 0, 1, 1]
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
