"""When a worker leaves connections to others, and when it parts with some."""

from __future__ import annotations

from time import monotonic

from serving.gateway.worker.shares import Share

GENEROUS_SECONDS = 0.05
"""How long a worker that took a connection leaves the next to others, if they have fewer."""
PARTING_SECONDS = 0.05
"""How long a worker that has far more connections than another waits between closing one and the next."""


class Fairness:
    """One worker's part in an even share of connections.

    Args:
        share: its place among the workers of a port; None for a worker that knows of no others.
    """

    def __init__(self, share: Share | None) -> None:
        self._share = share
        self._generous_until = self._parted = 0.0
        self._too_many = False

    def note(self, count: int) -> None:
        """Tell the others how many connections there are, and look at theirs."""
        if self._share is not None:
            self._share.note(count)
            self._too_many = self._share.is_too_large

    def took_one(self, count: int) -> None:
        """Leave the next connection to others; ``count`` are there now."""
        if self._share is not None:
            self._share.note(count)
            self._generous_until = monotonic() + GENEROUS_SECONDS

    def takes_more(self) -> bool:
        """Whether to take connections: not right after one while another worker has fewer."""
        return self._share is None or not self._share.is_large or monotonic() >= self._generous_until

    def parts_with_one(self) -> bool:
        """Whether the next answer is to be its connection's last: its client may come to another worker."""
        now = monotonic()
        if not self._too_many or now < self._parted + PARTING_SECONDS:
            return False
        self._parted = now
        self._generous_until = now + GENEROUS_SECONDS
        return True

    def leave(self) -> None:
        """Tell the others that this worker takes no more."""
        if self._share is not None:
            self._share.leave()
        self._too_many = False
