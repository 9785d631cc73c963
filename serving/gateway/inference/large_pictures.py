"""How many large pictures are in memory at once, whatever else is under way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from serving.gateway.deadline import Deadline
from serving.gateway.errors import Overloaded

LARGE_PIXELS = 2_000_000
PLACES = 2
"""In each worker: at the most pixels that are allowed, each may take a few hundred megabytes for a moment."""


PATIENCE = 0.5
"""Part of the time left that one waits for a place: the rest is for the picture."""


class Turnstile:
    """Lets in pictures that are small, and of the large ones so many at a time.

    Args:
        places: large pictures that are decoded at once.
        large: from how many pixels on a picture is large.
    """

    def __init__(self, places: int = PLACES, large: int = LARGE_PIXELS) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._large = large

    @contextmanager
    def admit(self, pixels: int, deadline: Deadline) -> Iterator[None]:
        """Decode a picture of so many pixels inside this block.

        Raises:
            Overloaded: no place came free in time.
        """
        if pixels < self._large:
            yield
            return
        if not self._places.acquire(timeout=deadline.remaining() * PATIENCE):
            raise Overloaded("Too many large pictures are being read. Try again soon, or send smaller ones.")
        try:
            yield
        finally:
            self._places.release()
