"""Any number of sources as batches of bounded count and size."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TypeAlias

from client.errors import SourceError
from client.results import Failure
from client.sources import Source, Upload, load

DEFAULT_BATCH_SIZE = 64
# Reading takes many times longer per picture than classifying.
READ_BATCH_SIZE = 8
DEFAULT_CONCURRENCY = 4
LARGEST_BATCH_BYTES = 8 * 1024 * 1024

Batch: TypeAlias = "list[Upload | Failure]"


class Batcher:
    """Collects pictures until a batch is full.

    A batch is full at ``size`` pictures, or before the picture that would take it over
    ``LARGEST_BATCH_BYTES``. A single larger picture is a batch of its own.

    Args:
        size: pictures in a batch, 1 or more.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"batch_size is {size}; it starts at 1")
        self._size = size
        self._batch: Batch = []
        self._bytes = 0

    def add(self, source: Source) -> Iterator[Batch]:
        """Take one source; gives the batches that it filled (none, one or two)."""
        item = load_or_failure(source)
        size = item.size if isinstance(item, Upload) else 0
        if self._batch and self._bytes + size > LARGEST_BATCH_BYTES:
            yield from self.rest()
        self._batch.append(item)
        self._bytes += size
        if len(self._batch) >= self._size:
            yield from self.rest()

    def rest(self) -> Iterator[Batch]:
        """The last batch, when there are no more sources."""
        if self._batch:
            batch, self._batch, self._bytes = self._batch, [], 0
            yield batch

    def batches(self, sources: Iterable[Source]) -> Iterator[Batch]:
        """The batches of all sources."""
        for source in sources:
            yield from self.add(source)
        yield from self.rest()

    async def batches_async(self, sources: AsyncIterable[Source]) -> AsyncIterator[Batch]:
        """As ``batches``, from an asynchronous iterable."""
        async for source in sources:
            for batch in self.add(source):
                yield batch
        for batch in self.rest():
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
        return Failure(source_name(source), error, source)


def source_name(source: Source) -> str:
    """The name of a source in results."""
    is_path = isinstance(source, str) or hasattr(source, "__fspath__")
    return str(source if is_path else getattr(source, "name", "image"))
