"""Bodies: in memory while memory lasts, in a file after that, refused when there is no room."""

from __future__ import annotations

import resource

import pytest

from serving.gateway.server.environ import SMALL_BODY, Body, Budget
from serving.gateway.server.limits import ServerLimits


def test_a_long_body_moves_to_a_file_and_stays_the_same() -> None:
    content, budget = bytes(range(256)) * 2000, Budget()
    body = Body(ServerLimits(memory_bytes=100_000), budget)
    for start in range(0, len(content), 7001):
        body.write(content[start : start + 7001])
    assert (budget.used, budget.in_memory) == (len(content), 0)
    assert body.opened().read() == content
    body.discard()


def test_bodies_share_the_memory_and_give_their_bytes_back() -> None:
    limits, budget = ServerLimits(memory_bytes=100_000), Budget()
    bodies = [Body(limits, budget) for _ in range(50)]
    for body in bodies:
        for _ in range(5):
            body.write(b"x" * 10_000)
    assert budget.used == 50 * 50_000
    assert budget.in_memory <= 100_000 + 50 * SMALL_BODY
    for body in bodies:
        body.discard()
    assert (budget.used, budget.in_memory) == (0, 0)


def test_bodies_beyond_the_limit_of_all_are_refused_but_small_ones_pass() -> None:
    budget = Budget(used=2000)
    small, large = [Body(ServerLimits(buffered_bytes=1000), budget) for _ in range(2)]
    small.write(b"x" * SMALL_BODY)
    large.write(b"x" * (SMALL_BODY + 1))
    large.write(b"x")
    assert small.refusal is None
    assert large.refusal is not None
    assert (large.refusal.status, large.refusal.retry_after) == (503, 1)
    assert budget.used == 2000 + SMALL_BODY


@pytest.mark.parametrize("pieces", [[1_000] * 100, [40_000, 600]], ids=["many", "the last one"])
def test_a_body_for_which_the_disk_has_no_room_is_refused(pieces: list[int]) -> None:
    budget = Budget()
    body = Body(ServerLimits(memory_bytes=0), budget)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_500, hard))
    try:
        for piece in pieces:
            body.write(b"x" * piece)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (body.refusal and body.refusal.status, budget) == (503, Budget())
