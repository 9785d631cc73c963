"""When the client retries a call, and how long it waits first.

Every request of the client is safe to repeat. Whether one is repeated depends on the error
(``ClientError.retryable``), the number of tries so far, and the caller's deadline.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from client.errors import ClientError, ServiceUnreachable


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter; never shorter than the service's ``Retry-After``.

    Attributes:
        retries: how often a call is repeated after its first try.
        first_contact_retries: the same until the service first answers, so a wrong address is reported soon.
        first_wait: seconds before the first retry; doubles each time.
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
