"""The time of each stage of a request."""

from __future__ import annotations

NAMES = ("decode", "preprocess", "segment", "queue", "predict", "encode")


class Stages:
    """Seconds that the stages of one request took, summed over its pictures."""

    __slots__ = NAMES

    def __init__(self) -> None:
        self.decode = self.preprocess = self.segment = self.queue = self.predict = self.encode = 0.0

    def add(self, name: str, seconds: float) -> None:
        """Add to a stage, by its name."""
        setattr(self, name, getattr(self, name) + seconds)

    def items(self) -> list[tuple[str, float]]:
        """Names and seconds."""
        return [(name, getattr(self, name)) for name in NAMES]
