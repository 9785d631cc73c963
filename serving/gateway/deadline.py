"""The moment by which a request must be answered, and waiting no longer than that."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass

from serving.errors import InputError, ModelTimeout

SHORTEST, LONGEST = 0.001, 3600
_SECONDS = re.compile(r"[0-9]{1,10}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, order=True)
class Deadline:
    """A point on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - time.monotonic())

    def check(self) -> None:
        """Raise ModelTimeout if it has passed."""
        if time.monotonic() >= self.at:
            raise ModelTimeout("The deadline passed before the request was answered. Try again later.")


async def acquired(what: asyncio.Lock | asyncio.Semaphore, seconds: float) -> bool:
    """Acquire a lock or a semaphore; returns False if that takes longer than ``seconds``."""
    try:
        return await asyncio.wait_for(what.acquire(), seconds)
    except asyncio.TimeoutError:
        return False


def requested(header: str | None, most: float, arrived: float) -> Deadline:
    """The deadline of a request that ``arrived`` at a time on the monotonic clock.

    The caller's ``X-Request-Timeout`` counts from the request's first byte, as its own clock does. The
    gateway's limit of ``most`` seconds counts from now, when the request is complete: a photograph may take
    longer to upload than to answer.

    Raises:
        InputError: the header is not a number, or out of range.
    """
    limit = Deadline.after(most)
    if header is None:
        return limit
    if not _SECONDS.fullmatch(header) or not SHORTEST <= float(header) <= LONGEST:
        raise InputError(f"X-Request-Timeout must be a number of seconds from {SHORTEST} to {LONGEST}.")
    return min(limit, Deadline(arrived + float(header)))
