"""The corpus once over HTTP, to a real gunicorn before a real model server."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, cycle

import pytest

from tests.connections import Answer
from tests.hostile import bodies, bombs, metadata, polyglots, shapes, work
from tests.hostile.case import Case, Request
from tests.hostile.corpus import damaged_files
from tests.hostile.documents import CLASSIFY
from tests.hostile.gateway import Gateway

TYPES = ("image/png", "image/jpeg", "image/gif", "application/octet-stream", "image/svg+xml", "image/x")
MOST_GROWTH_MB = 40.0


def requests() -> Iterator[Request]:
    """All requests that were thought of, and all files, each under a type that is most often another's."""
    files: Iterator[Case] = chain(
        polyglots.cases(), shapes.cases(), metadata.cases(), bombs.cases(), work.cases()
    )
    yield from bodies.requests()
    for file, kind in zip(files, cycle(TYPES), strict=False):
        yield Request(file.name, CLASSIFY, (("Content-Type", kind),), file.data)


def assert_told_well(name: str, answer: Answer) -> None:
    """Either classified, or a problem that is the caller's and says so."""
    if answer.status != 200:
        assert 400 <= answer.status < 500, (name, answer.head, answer.body[:500])
        problem = answer.problem()
        assert problem["detail"], name
        assert b"Traceback" not in answer.body, name
    assert answer.rest == b"", name


def test_all_that_is_hostile_is_answered_by_the_callers_own_error(gateway: Gateway) -> None:
    seen = set()
    for asked in requests():
        answer = gateway.put(asked)
        assert_told_well(asked.name, answer)
        seen.add(answer.status)
    assert {200, 400, 413, 415, 422} <= seen
    assert gateway.process.poll() is None
    assert "Booting worker" in gateway.output
    assert gateway.output.count("Booting worker") == 1, "a worker died"


def test_memory_and_descriptors_are_flat_over_damaged_uploads(gateway: Gateway) -> None:
    def upload(count: int, seed: int) -> None:
        for file in damaged_files(count, seed):
            asked = Request(file.name, CLASSIFY, (("Content-Type", "image/png"),), file.data)
            assert_told_well(file.name, gateway.put(asked))

    upload(300, 1)
    memory, descriptors = gateway.memory_mb(), gateway.descriptors()
    upload(600, 2)
    assert gateway.memory_mb() - memory < MOST_GROWTH_MB
    assert gateway.descriptors() <= descriptors + 2


def test_what_a_library_thinks_of_an_upload_is_no_line_of_the_log(gateway: Gateway) -> None:
    for file in damaged_files(50, 3):
        gateway.put(Request(file.name, CLASSIFY, (("Content-Type", "image/tiff"),), file.data))
    assert gateway.entries()


@pytest.mark.parametrize("name", ["WEBP", "GIF"])
def test_a_request_of_many_bombs_ends_with_its_deadline(gateway: Gateway, name: str) -> None:
    from tests.hostile import forms

    part = forms.part('form-data; name="a"; filename="a"', bombs.packed(name))
    asked = forms.form("bombs", forms.closed(*[part] * 60))
    headers = (*asked.headers, ("X-Request-Timeout", "0.3"))
    answer = gateway.put(asked._replace(headers=headers))
    assert (answer.status, answer.problem()["code"]) == (504, "deadline_exceeded")
