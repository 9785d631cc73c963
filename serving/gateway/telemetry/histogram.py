"""A Prometheus histogram that takes many observations at once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

import prometheus_client

T = TypeVar("T", bound=Hashable)


class Histogram(prometheus_client.Histogram):
    """The library's histogram, and a faster way than its ``observe``, which writes twice per value."""

    def observe_all(self, amounts: Sequence[float]) -> None:
        """Observe several values, none of them NaN, with one write per bucket and one for the sum."""
        if len(amounts) < 2:
            for each in amounts:
                self.observe(each)
            return
        self._raise_if_not_observable()  # type: ignore[no-untyped-call]
        self._sum.inc(sum(amounts))
        for bucket, count in counted(bisect_left(self._upper_bounds, each) for each in amounts).items():
            self._buckets[bucket].inc(count)


def counted(things: Iterable[T]) -> dict[T, int]:
    """How often each thing occurs; much faster than ``collections.Counter`` for few things."""
    counts: dict[T, int] = {}
    for each in things:
        counts[each] = counts.get(each, 0) + 1
    return counts
