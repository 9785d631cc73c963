"""Any number of sources as batches of bounded count and bytes."""

from __future__ import annotations

from collections.abc import Iterator

from client.errors import SourceError
from client.results import Failure
from client.sources import Source, Upload, load

DEFAULT_BATCH_SIZE = 64
DEFAULT_CONCURRENCY = 4
LARGEST_BATCH_BYTES = 8 * 1024 * 1024


class Batcher:
    """Collects pictures until a batch is full.

    A batch is full at ``size`` pictures, or before the picture with which it would exceed
    ``LARGEST_BATCH_BYTES``; a single larger picture is a batch of its own.

    Args:
        size: pictures in a batch, 1 or more.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"batch_size is {size}; it starts at 1")
        self._size = size
        self._batch: list[Upload | Failure] = []
        self._bytes = 0

    def add(self, source: Source) -> Iterator[list[Upload | Failure]]:
        """Take one source; gives back the batches that this filled (none, one or two)."""
        item = load_or_failure(source)
        size = item.size if isinstance(item, Upload) else 0
        if self._batch and self._bytes + size > LARGEST_BATCH_BYTES:
            yield from self.rest()
        self._batch.append(item)
        self._bytes += size
        if len(self._batch) >= self._size:
            yield from self.rest()

    def rest(self) -> Iterator[list[Upload | Failure]]:
        """What is left when there are no more sources."""
        if self._batch:
            batch, self._batch, self._bytes = self._batch, [], 0
            yield batch


def check_concurrency(concurrency: int) -> int:
    """The same number.

    Raises:
        ValueError: it is below 1.
    """
    if concurrency < 1:
        raise ValueError(f"concurrency is {concurrency}; it starts at 1")
    return concurrency


def load_or_failure(source: Source) -> Upload | Failure:
    """The upload, or why there is none."""
    try:
        return load(source)
    except SourceError as error:
        return Failure(_name(source), error, source)


def _name(source: Source) -> str:
    is_path = isinstance(source, str) or hasattr(source, "__fspath__")
    return str(source if is_path else getattr(source, "name", "image"))
