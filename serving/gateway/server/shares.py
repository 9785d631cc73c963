"""An even share of connections, and of processors, among the workers of one port.

Whichever worker wakes first accepts, and a client's connections stay where they are for as long as they are
kept open. Left alone, one of two workers may serve all 32 connections while the other idles. So each worker
publishes its count. One that has its share of all connections, those that wait to be accepted included,
pauses before it accepts more. A worker that has twice as many connections as another, which was usually
started later, also closes some after their answers.
"""

from __future__ import annotations

from collections.abc import Set
from ctypes import Array, c_int
from multiprocessing.sharedctypes import RawArray
from time import monotonic

PAUSE_SECONDS = 0.05
"""How long a worker that is ahead waits before it accepts or closes another connection."""
CLOSED = -2
"""In place of a count: the worker lives, but its port is closed, and so it takes connections from nobody."""
_GONE = -1


class Share:
    """One worker's place among the others.

    Args:
        counts: how many connections each worker has, in memory that forked processes share.
        place: this one's index.
    """

    def __init__(self, counts: Array[c_int] | list[int], place: int) -> None:
        self._counts, self.place = counts, place
        self._pause_until = self._closed_at = 0.0

    def note(self, count: int) -> None:
        """Publish how many connections this worker has."""
        self._counts[self.place] = count

    def leave(self) -> None:
        """Give the place to another worker: this one has ended."""
        self._counts[self.place] = _GONE

    def accepted(self, count: int) -> None:
        """Publish the count after accepting a connection, and leave the next to others for a moment."""
        self.note(count)
        self._pause_until = monotonic() + PAUSE_SECONDS

    def accepts(self, waiting: int = 0) -> bool:
        """Whether to accept a connection now; ``waiting`` is how many wait, 0 where that is unknown.

        A crowd that comes at once is then divided at once, instead of one by one in turns as long as a batch
        of the other worker.
        """
        return monotonic() >= self._pause_until or not self.is_ahead() or self._lacks(waiting)

    def closes_one(self) -> bool:
        """Whether to close a connection after its answer, so that its client may reach another worker."""
        now = monotonic()
        if now < self._closed_at + PAUSE_SECONDS or not self.is_ahead(times=2):
            return False
        self._closed_at = now
        self._pause_until = now + PAUSE_SECONDS
        return True

    def is_ahead(self, times: int = 1) -> bool:
        """Whether another worker has fewer connections by an eighth, or is so many times smaller."""
        mine = self._counts[self.place]
        limit = mine - mine // 8
        return any(other > _GONE and times * (other + 1) - 1 < limit for other in self._counts)

    def _lacks(self, waiting: int) -> bool:
        """Whether this worker has less than its share of all connections and those that wait."""
        counts = [count for count in self._counts if count > _GONE]
        return self._counts[self.place] < (sum(counts) + waiting) // len(counts)


class Shares:
    """The places of all workers, at most so many at a time."""

    def __init__(self, places: int) -> None:
        self._counts = RawArray(c_int, [_GONE] * places)

    def take(self) -> Share | None:
        """The lowest free place, with no connections yet, or None when all are taken."""
        for place, count in enumerate(self._counts):
            if count == _GONE:
                self._counts[place] = 0
                return Share(self._counts, place)
        return None


def processor(allowed: Set[int], workers: int, place: int) -> int | None:
    """The processor for the worker at a place to keep to, where as many are allowed as there are workers.

    A worker's threads share the interpreter's lock, so they gain next to nothing from a second processor and
    lose much by moving: each wake-up across processors leaves warm caches behind. Measured on two cores, a
    request costs a fifth less when its worker stays (docs/performance.md). With more or fewer processors than
    workers, others have a claim on them, such as other containers on the same node: None.
    """
    return sorted(allowed)[place] if place < len(allowed) == workers else None
