"""How many connections each worker has, known to all: so that none takes them all.

Whoever wakes first takes what waits, and a client's connections stay where they are for as long as they are
kept open: without this thirty-two may all be one worker's while the others idle. A worker that is replaced
begins with none, so those that have far more part with some.
"""

from __future__ import annotations

from ctypes import c_int
from multiprocessing.sharedctypes import RawArray

_GONE = -1


class Shares:
    """The counts of all workers, in memory that forked processes share.

    Args:
        places: the most workers there can be at a time.
    """

    def __init__(self, places: int) -> None:
        self._counts = RawArray(c_int, [_GONE] * places)

    def take(self) -> Share | None:
        """A free place, with no connections yet; None when there is none left."""
        for place, count in enumerate(self._counts):
            if count == _GONE:
                self._counts[place] = 0
                return Share(self, place)
        return None

    def note(self, place: int, count: int) -> None:
        """Write down how many connections a worker has."""
        self._counts[place] = count

    def free(self, place: int) -> None:
        """Forget a worker that takes no more."""
        self._counts[place] = _GONE

    def has_more_than_another(self, place: int, times: int = 1) -> bool:
        """Whether some other worker has fewer connections by more than an eighth, or so many times fewer."""
        mine = self._counts[place]
        limit = mine - mine // 8
        return any(other > _GONE and times * (other + 1) - 1 < limit for other in self._counts)


class Share:
    """One worker's place among the others.

    Attributes:
        place: its number, from 0; lowest free first.
    """

    def __init__(self, shares: Shares, place: int) -> None:
        self._shares, self.place = shares, place

    def note(self, count: int) -> None:
        """Tell how many connections the worker has."""
        self._shares.note(self.place, count)

    def leave(self) -> None:
        """Tell that it takes no more."""
        self._shares.free(self.place)

    @property
    def is_too_large(self) -> bool:
        """Whether another worker has not even half as many: one that was started later, as a rule."""
        return self._shares.has_more_than_another(self.place, times=2)

    @property
    def is_large(self) -> bool:
        """Whether another worker should take the next connection."""
        return self._shares.has_more_than_another(self.place)
