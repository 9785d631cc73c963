"""When to try again, and how long to wait first.

Everything the client asks is safe to repeat: a classification changes nothing at the service. So what
decides is only whether repeating can help (``ClientError.retryable``), how often it was tried, and the
caller's deadline.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time

from client.errors import ClientError, ServiceUnreachable


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential waits with jitter (half of the wait is random), never shorter than the service asked for.

    Attributes:
        retries: how often a call is repeated after its first try.
        first_contact_retries: the same while the service has never answered, so that a wrong address is
            reported at once and a restarting service is waited for.
        first_wait: seconds before the first repetition; doubles each time.
        longest_wait: seconds that a wait grows to.
    """

    retries: int = 4
    first_contact_retries: int = 2
    first_wait: float = 0.1
    longest_wait: float = 5.0

    def wait(
        self,
        error: ClientError,
        tried: int,
        reached: bool,
        chance: Callable[[], float] = random.random,
    ) -> float | None:
        """Seconds to wait before the next try, or None to give up.

        Args:
            error: why the last try failed.
            tried: how many tries there were, 1 or more.
            reached: whether the service has ever answered this client.
            chance: a number in 0..1 for the jitter.
        """
        if not error.retryable or tried > self._allowed(error, reached):
            return None
        wait = min(self.first_wait * 2.0 ** min(tried - 1, 32), self.longest_wait)
        wait *= 0.5 + 0.5 * chance()
        if error.retry_after is None:
            return wait
        return error.retry_after + min(wait, 0.1 * error.retry_after)

    def _allowed(self, error: ClientError, reached: bool) -> int:
        if reached or not isinstance(error, ServiceUnreachable):
            return self.retries
        return min(self.retries, self.first_contact_retries)


def retry_after_seconds(header: str | None, now: Callable[[], float] = time) -> float | None:
    """Read a Retry-After header (RFC 9110, section 10.2.3): seconds or a date; None for anything else."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now())
    except (TypeError, ValueError):
        return None
