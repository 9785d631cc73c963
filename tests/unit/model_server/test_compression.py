"""Gzip bodies of the model server's REST port."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from serving.model_server.rest.compression import inflate

MIB = 2**20
LIMIT = 40 * MIB


@pytest.mark.parametrize("size", [0, 1, 1000, 8 * MIB, 8 * MIB + 1, 16 * MIB, LIMIT])
def test_a_body_up_to_the_limit_is_read_to_its_end(size: int) -> None:
    plain = b"7" * size
    assert inflate(gzip.compress(plain), LIMIT) == plain


@pytest.mark.parametrize("size", [10, 33 * MIB])
def test_a_body_that_ends_early_or_is_broken_counts_as_empty(size: int) -> None:
    body = gzip.compress(b"7" * size)
    broken = body[:-8] + bytes(byte ^ 0xFF for byte in body[-8:])
    assert [inflate(each, LIMIT) for each in (b"", body[:5], body[:12], body[:-1], broken)] == [b""] * 5


def test_a_body_beyond_the_limit_is_refused_before_it_is_held_twice() -> None:
    body = gzip.compress(b"7" * (10 * LIMIT))
    tracemalloc.start()
    assert inflate(body, LIMIT) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * LIMIT
