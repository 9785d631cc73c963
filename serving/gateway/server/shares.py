"""An even share of connections among the workers of one port.

Whichever worker wakes first accepts, and a client's connections stay where they are for as long as they are
kept open. Left alone, one of two workers may serve all 32 connections while the other idles. So each worker
publishes its count. One that has its share of all connections, those that wait to be accepted included,
pauses before it accepts more. A worker that has twice as many connections as another, which was usually
started later, also closes some after their answers.
"""

from __future__ import annotations

from ctypes import c_int
from multiprocessing.sharedctypes import RawArray
from time import monotonic

PAUSE_SECONDS = 0.05
"""How long a worker that is ahead waits before it accepts or closes another connection."""
_GONE = -1


class Shares:
    """The connection counts of all workers, in memory that forked processes share.

    Args:
        places: the largest number of workers at a time.
    """

    def __init__(self, places: int) -> None:
        self._counts = RawArray(c_int, [_GONE] * places)

    def take(self) -> Share | None:
        """The lowest free place, with no connections yet, or None when all are taken."""
        for place, count in enumerate(self._counts):
            if count == _GONE:
                self._counts[place] = 0
                return Share(self, place)
        return None

    def note(self, place: int, count: int) -> None:
        """Publish how many connections a worker has."""
        self._counts[place] = count

    def free(self, place: int) -> None:
        """Forget a worker that accepts no more."""
        self._counts[place] = _GONE

    def is_ahead(self, place: int, times: int = 1) -> bool:
        """Whether another worker has fewer connections by an eighth, or is so many times smaller."""
        mine = self._counts[place]
        limit = mine - mine // 8
        return any(other > _GONE and times * (other + 1) - 1 < limit for other in self._counts)

    def lacks(self, place: int, waiting: int) -> bool:
        """Whether a worker has less than its share of all connections and those that wait to be accepted."""
        counts = [count for count in self._counts if count > _GONE]
        return self._counts[place] < (sum(counts) + waiting) // len(counts)


class Share:
    """One worker's place among the others.

    Attributes:
        place: its number, from 0.
    """

    def __init__(self, shares: Shares, place: int) -> None:
        self._shares, self.place = shares, place
        self._pause_until = self._closed_at = 0.0

    def note(self, count: int) -> None:
        """Publish how many connections this worker has."""
        self._shares.note(self.place, count)

    def accepted(self, count: int) -> None:
        """Publish the count after accepting a connection, and leave the next to others for a moment."""
        self.note(count)
        self._pause_until = monotonic() + PAUSE_SECONDS

    def accepts(self, waiting: int = 0) -> bool:
        """Whether to accept a connection now.

        Args:
            waiting: how many wait to be accepted, 0 where that is unknown. A crowd that comes at once is then
                divided at once, instead of one by one in turns as long as a batch of the other worker.
        """
        return (
            monotonic() >= self._pause_until
            or not self._shares.is_ahead(self.place)
            or self._shares.lacks(self.place, waiting)
        )

    def closes_one(self) -> bool:
        """Whether to close a connection after its answer, so that its client may reach another worker."""
        now = monotonic()
        if now < self._closed_at + PAUSE_SECONDS or not self._shares.is_ahead(self.place, times=2):
            return False
        self._closed_at = now
        self._pause_until = now + PAUSE_SECONDS
        return True

    def leave(self) -> None:
        """Publish that this worker accepts no more."""
        self._shares.free(self.place)
