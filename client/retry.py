"""When to try again, and how long to wait first.

Every request of the client is safe to repeat. Whether one is repeated depends on the error
(``ClientError.retryable``), the number of tries so far, and the caller's deadline.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_before_delay

from client.errors import ClientError, ServiceUnreachable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter; never shorter than the service's ``Retry-After``.

    Attributes:
        retries: how often a call is repeated after its first try.
        first_contact_retries: the same while the service has never answered, so that a wrong address is
            reported soon and a restarting service is waited for.
        first_wait: seconds before the first repetition; doubles each time.
        longest_wait: upper bound in seconds.
    """

    retries: int = 4
    first_contact_retries: int = 2
    first_wait: float = 0.1
    longest_wait: float = 5.0

    def allows(self, error: ClientError, tried: int, reached: bool) -> bool:
        """Whether to try again.

        Args:
            error: why the last try failed.
            tried: number of tries so far, 1 or more.
            reached: whether the service has ever answered this client.
        """
        retries = self.retries
        if isinstance(error, ServiceUnreachable) and not reached:
            retries = min(retries, self.first_contact_retries)
        return error.retryable and tried <= retries

    def wait(self, error: ClientError, tried: int, chance: Callable[[], float] = random.random) -> float:
        """Seconds to wait before the next try; ``chance`` gives a number in 0..1 for the jitter."""
        wait = min(self.first_wait * 2.0 ** min(tried - 1, 32), self.longest_wait)
        wait *= 0.5 + 0.5 * chance()
        if error.retry_after is None:
            return wait
        return error.retry_after + min(wait, 0.1 * error.retry_after)


async def retried(
    attempt: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    *,
    seconds: float,
    reached: Callable[[], bool],
    give_up: tuple[type[ClientError], ...] = (),
) -> T:
    """Await ``attempt`` until it succeeds or another try is pointless.

    Args:
        attempt: makes one try; a coroutine function or a partial of one.
        policy: when to try again.
        seconds: time for all tries; a wait that would exceed it is not begun.
        reached: whether the service has ever answered this client.
        give_up: errors that are never tried again.

    Raises:
        ClientError: why the last try failed.
    """
    too_late = stop_before_delay(seconds)

    def worth_a_retry(error: BaseException) -> bool:
        return isinstance(error, ClientError) and error.retryable and not isinstance(error, give_up)

    def exhausted(state: RetryCallState) -> bool:
        return too_late(state) or not policy.allows(_error(state), state.attempt_number, reached())

    def wait(state: RetryCallState) -> float:
        return policy.wait(_error(state), state.attempt_number)

    retrying = AsyncRetrying(
        retry=retry_if_exception(worth_a_retry),
        stop=exhausted,
        wait=wait,
        reraise=True,
    )
    return await retrying(attempt)


def _error(state: RetryCallState) -> ClientError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, ClientError), "only a ClientError is retried"
    return error
