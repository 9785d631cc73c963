"""One batch, answered to the last picture: split, thinned out and repeated until each has its result."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Generic, TypeAlias, TypeVar, cast

import anyio

from client.batching import Batch
from client.bodies import body_for
from client.connection import Connection
from client.errors import BadReply, ClientError, ServiceUnreachable, SourceError
from client.problems import (
    BadRequest,
    DeadlineExceeded,
    InternalError,
    MethodNotAllowed,
    MissingKey,
    ModelUnavailable,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
    WrongKey,
)
from client.replies import Verb, read_results
from client.requests import Options
from client.results import Failure
from client.sources import Upload

# What would fail every other request in the same way.
FAILS_ALL = (
    BadReply,
    BadRequest,
    MethodNotAllowed,
    MissingKey,
    ModelUnavailable,
    NotFound,
    ServiceUnreachable,
    UnsupportedMediaType,
    WrongKey,
)
# What one picture, or the number of them, may have caused: smaller requests find out.
MAY_BE_ONE = (InternalError, TooLarge)

T = TypeVar("T")
_Group: TypeAlias = "list[tuple[int, Upload]]"


class Pace:
    """How many pictures the service manages in one request before its own deadline.

    Halved when a deadline passes, raised step by step when all goes well, as TCP adapts its window (RFC 5681:
    additive increase, multiplicative decrease).

    Attributes:
        largest: most pictures to send in a request.
    """

    def __init__(self) -> None:
        self.largest = sys.maxsize

    def too_slow(self, size: int) -> None:
        """A request of ``size`` pictures was not answered in time."""
        self.largest = max(1, min(self.largest, size // 2))

    def in_time(self, size: int) -> None:
        """A request of ``size`` pictures was answered."""
        if size >= self.largest:
            self.largest += max(1, size // 8)


class BatchCall(Generic[T]):
    """The call for one batch.

    Args:
        connection: sends the requests.
        pace: shared by the batches of one client.
        verb: what is asked for each picture.
        options: how.
        batch: the pictures; one that has failed already keeps its place.
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
        """One result for each picture, in order.

        Raises:
            ClientError: what would fail every other request too; anything else is a ``Failure`` in its place.
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
            self._drop(group, error)
        elif isinstance(error, FAILS_ALL) or not self._connection.reached:
            raise error
        elif isinstance(error, DeadlineExceeded) and len(group) > 1:
            self._pace.too_slow(len(group))
            self._groups.append(group)
        elif isinstance(error, MAY_BE_ONE) and len(group) > 1:
            middle = len(group) // 2
            self._groups += [group[middle:], group[:middle]]
        else:
            for place, upload in group:
                self._results[place] = Failure(upload.name, error, upload.source)

    def _drop(self, group: _Group, error: SourceError) -> None:
        place, upload = group.pop(error.position or 0)
        self._results[place] = Failure(upload.name, error, upload.source)
        if group:
            self._groups.append(group)

    async def _answered(self, group: _Group, results: list[T | Failure]) -> None:
        """Keep the answers; ask again, while there is time, for what failed for a passing reason."""
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
