"""Problem documents as exceptions."""

from __future__ import annotations

import json

import pytest

import serving.errors
from client import problems
from client.errors import BadReply, Problem
from client.problems import problem_from_reply

SERVED = [
    found
    for found in vars(serving.errors).values()
    if isinstance(found, type) and issubclass(found, serving.errors.ServiceError)
]
# Never raised themselves: only the classes below them are.
ABSTRACT = {"Busy"}


@pytest.mark.parametrize("served", SERVED, ids=lambda found: str(found.__name__))
def test_every_code_of_the_service_has_its_class(served: type[serving.errors.ServiceError]) -> None:
    if served.__name__ in ABSTRACT:
        assert served.__subclasses__()
        return
    document = {"status": served.status, "code": served.code, "retryable": served.retryable}
    headers = {"content-type": "application/problem+json"}
    error = problem_from_reply(served.status, headers, json.dumps(document).encode())
    assert isinstance(error, Problem)
    assert type(error) is not Problem
    assert (type(error).code, type(error).known_status) == (served.code, served.status)
    assert error.retryable is served.retryable


def test_a_problem_tells_everything_it_was_told() -> None:
    document = {
        "status": 429,
        "code": "rate_limited",
        "title": "Slow down",
        "detail": "At most 10 a minute.",
        "request_id": "abc",
        "retryable": True,
    }
    headers = {"content-type": "application/problem+json", "retry-after": "7"}
    error = problem_from_reply(429, headers, json.dumps(document).encode())
    assert isinstance(error, problems.RateLimited)
    assert (error.detail, error.title, error.request_id) == ("At most 10 a minute.", "Slow down", "abc")
    assert (error.retryable, error.retry_after) == (True, 7.0)


def test_an_unknown_code_becomes_the_class_of_its_status() -> None:
    error = problem_from_reply(404, {"content-type": "application/json"}, b'{"code": "no_such_label"}')
    assert isinstance(error, problems.NotFound)
    assert error.code == "no_such_label"


@pytest.mark.parametrize(("status", "retryable"), [(502, True), (503, True), (504, True), (500, False)])
def test_the_answer_of_a_proxy_is_judged_by_its_status(status: int, retryable: bool) -> None:
    error = problem_from_reply(status, {"content-type": "text/html"}, b"<html>oops</html>")
    assert error.retryable is retryable
    assert "<html>" not in error.detail


@pytest.mark.parametrize("content", [b"[]", b"{", b"[" * 100_000, b'{"code": 5, "detail": null}', b"\xff"])
def test_a_broken_problem_document_is_still_a_problem(content: bytes) -> None:
    error = problem_from_reply(418, {"content-type": "application/problem+json"}, content)
    assert type(error) is Problem
    assert "418" in error.detail


def test_a_redirection_says_where_it_points() -> None:
    error = problem_from_reply(301, {"location": "https://elsewhere.example"}, b"")
    assert isinstance(error, BadReply)
    assert "elsewhere.example" in error.detail
