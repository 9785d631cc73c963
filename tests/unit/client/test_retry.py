"""When to try again, and how long to wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from client.errors import ClientError, ServiceUnreachable
from client.problems import Overloaded, TooLarge, retry_after_seconds
from client.retry import RetryPolicy


def _overloaded(retry_after: float | None = None) -> ClientError:
    error = Overloaded("busy")
    error.retryable, error.retry_after = True, retry_after
    return error


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 80.0),
        ("Wed, 21 Oct 2015 07:00:00 GMT", 0.0),
        (None, None),
        ("soon", None),
        ("-3", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, now=lambda: 1445412400.0) == seconds


def test_waits_double_up_to_the_longest() -> None:
    policy = RetryPolicy(retries=10, first_wait=0.1, longest_wait=1.0)
    waits = [policy.wait(_overloaded(), tried, chance=lambda: 1.0) for tried in range(1, 7)]
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])


def test_half_of_a_wait_is_chance() -> None:
    assert RetryPolicy(first_wait=1.0).wait(_overloaded(), 1, chance=lambda: 0.0) == 0.5


def test_a_wait_is_never_shorter_than_the_service_asked() -> None:
    chances: list[Callable[[], float]] = [lambda: 0.0, lambda: 0.5, lambda: 1.0]
    for chance in chances:
        assert 30.0 <= RetryPolicy().wait(_overloaded(30.0), 1, chance) <= 33.0


def test_what_cannot_pass_is_not_tried_again() -> None:
    assert not RetryPolicy().allows(TooLarge("too large"), 1, reached=True)


def test_a_service_is_waited_for_only_once_it_has_answered() -> None:
    policy, gone = RetryPolicy(retries=10, first_contact_retries=2), ServiceUnreachable("gone")
    assert policy.allows(gone, 2, reached=False)
    assert not policy.allows(gone, 3, reached=False)
    assert policy.allows(gone, 10, reached=True)
    assert not policy.allows(gone, 11, reached=True)


def test_no_retries_are_no_retries() -> None:
    assert not RetryPolicy(retries=0).allows(ServiceUnreachable("gone"), 1, reached=False)


def test_a_thousand_tries_do_not_overflow() -> None:
    policy = RetryPolicy(retries=10**6)
    assert policy.allows(_overloaded(), 10**5, reached=True)
    assert policy.wait(_overloaded(), 10**5, chance=lambda: 1.0) == 5.0
