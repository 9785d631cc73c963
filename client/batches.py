"""Batches of pictures: how they are filled, and how every picture in one gets its result."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from time import monotonic
from typing import Generic, TypeAlias, TypeVar, cast

import anyio

from client.connection import Connection
from client.errors import ClientError, SourceError
from client.problems import NO_SERVICE, WRONG_REQUEST, DeadlineExceeded, InternalError, TooLarge
from client.replies import Verb, read_results
from client.requests import Options, body_for
from client.results import Failure
from client.sources import Source, Upload, load, source_name

LARGEST_BATCH_BYTES = 8 * 1024 * 1024
# Errors that every other request would meet too.
FAILS_ALL = (*NO_SERVICE, *WRONG_REQUEST)
# Errors that one picture, or the number of pictures, may have caused: smaller requests find out.
MAY_BE_ONE = (InternalError, TooLarge)

T = TypeVar("T")
Batch: TypeAlias = "list[Upload | Failure]"
_Group: TypeAlias = "list[tuple[int, Upload]]"


class Batcher:
    """Collects pictures until a batch is full.

    A batch is full at ``size`` pictures, or before the picture that would exceed ``LARGEST_BATCH_BYTES``. A
    larger picture is a batch of its own.

    Args:
        size: pictures in a batch, 1 or more.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"batch_size is {size}; it must be at least 1")
        self._size = size
        self._batch: Batch = []
        self._bytes = 0

    def add(self, source: Source) -> Iterator[Batch]:
        """Take one source and yield the batches that it fills (none, one or two)."""
        item = load_or_failure(source)
        size = item.size if isinstance(item, Upload) else 0
        if self._batch and self._bytes + size > LARGEST_BATCH_BYTES:
            yield from self.rest()
        self._batch.append(item)
        self._bytes += size
        if len(self._batch) >= self._size:
            yield from self.rest()

    def rest(self) -> Iterator[Batch]:
        """Yield the last batch, when there are no more sources."""
        if self._batch:
            batch, self._batch, self._bytes = self._batch, [], 0
            yield batch

    def batches(self, sources: Iterable[Source]) -> Iterator[Batch]:
        """The batches of all sources."""
        for source in sources:
            yield from self.add(source)
        yield from self.rest()

    async def batches_async(self, sources: Iterable[Source] | AsyncIterable[Source]) -> AsyncIterator[Batch]:
        """As ``batches``, from any iterable."""
        if isinstance(sources, AsyncIterable):
            async for source in sources:
                for batch in self.add(source):
                    yield batch
            sources = ()
        for batch in self.batches(sources):
            yield batch


def load_or_failure(source: Source) -> Upload | Failure:
    """The upload, or the reason that there is none."""
    try:
        return load(source)
    except SourceError as error:
        return Failure(source_name(source), error, source)


def check_concurrency(concurrency: int) -> int:
    """Return the same number.

    Raises:
        ValueError: it is below 1.
    """
    if concurrency < 1:
        raise ValueError(f"concurrency is {concurrency}; it must be at least 1")
    return concurrency


class Pace:
    """How many pictures the service manages in one request within its own deadline.

    The number is halved when a deadline passes and raised step by step while all goes well, as TCP adapts its
    window (RFC 5681: additive increase, multiplicative decrease).

    Attributes:
        largest: the most pictures to send in a request.
    """

    def __init__(self) -> None:
        self.largest = sys.maxsize

    def too_slow(self, size: int) -> None:
        """Record that a request of ``size`` pictures was not answered in time."""
        self.largest = max(1, min(self.largest, size // 2))

    def in_time(self, size: int) -> None:
        """Record that a request of ``size`` pictures was answered."""
        if size >= self.largest:
            self.largest += max(1, size // 8)


class BatchCall(Generic[T]):
    """The call for one batch. It splits and repeats requests until every picture has its result.

    Args:
        connection: sends the requests.
        pace: shared by the batches of a client.
        verb: the operation on each picture.
        options: its options.
        batch: the pictures; one that has already failed keeps its place.
    """

    def __init__(
        self, connection: Connection, pace: Pace, verb: Verb[T], options: Options, batch: Batch
    ) -> None:
        self._connection = connection
        self._pace = pace
        self._verb = verb
        self._options = options
        self._deadline = monotonic() + connection.timeout
        self._results: list[T | Failure | None] = [
            item if isinstance(item, Failure) else None for item in batch
        ]
        group = [(place, item) for place, item in enumerate(batch) if isinstance(item, Upload)]
        self._groups: list[_Group] = [group] if group else []
        self._tried = 0

    async def run(self) -> list[T | Failure]:
        """Get a result for each picture, in order.

        Raises:
            ClientError: an error that every other request would meet too; others are a ``Failure`` in their
                place.
        """
        while self._groups:
            group = self._next_group()
            try:
                results = await self._ask(group)
            except ClientError as error:
                self._not_answered(group, error)
            else:
                await self._answered(group, results)
        return cast("list[T | Failure]", self._results)

    async def _ask(self, group: _Group) -> list[T | Failure]:
        uploads = [upload for _, upload in group]
        request = self._options.request(self._verb.name, body_for(uploads), self._verb.parameters)
        give_up = (DeadlineExceeded,) if len(group) > 1 else ()
        return read_results(
            await self._connection.call(request, self._deadline, give_up), uploads, self._verb
        )

    def _next_group(self) -> _Group:
        group, largest = self._groups.pop(), self._pace.largest
        if len(group) > largest:
            self._groups.append(group[largest:])
        return group[:largest]

    def _not_answered(self, group: _Group, error: ClientError) -> None:
        if isinstance(error, SourceError):
            self._fail(group.pop(error.position or 0), error)
            self._groups += [group] if group else []
        elif isinstance(error, FAILS_ALL) or not self._connection.reached:
            raise error
        elif isinstance(error, DeadlineExceeded) and len(group) > 1:
            self._pace.too_slow(len(group))
            self._groups.append(group)
        elif isinstance(error, MAY_BE_ONE) and len(group) > 1:
            middle = len(group) // 2
            self._groups += [group[middle:], group[:middle]]
        else:
            for picture in group:
                self._fail(picture, error)

    def _fail(self, picture: tuple[int, Upload], error: ClientError) -> None:
        place, upload = picture
        self._results[place] = Failure(upload.name, error, upload.source)

    async def _answered(self, group: _Group, results: list[T | Failure]) -> None:
        """Keep the results; while there is time, retry the pictures that failed for a passing reason."""
        self._pace.in_time(len(group))
        self._deadline = monotonic() + self._connection.timeout
        self._tried += 1
        policy, again, longest = self._connection.policy, [], 0.0
        for (place, upload), result in zip(group, results, strict=True):
            self._results[place] = result
            if isinstance(result, Failure) and policy.allows(result.error, self._tried, True):
                again.append((place, upload))
                longest = max(longest, policy.wait(result.error, self._tried))
        if again and monotonic() + longest < self._deadline:
            self._groups.append(again)
            await anyio.sleep(longest)
