"""One batch, classified to the last picture: halved, retried and thinned until each place has its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, cast

from client.calls import Caller, Operation, Wait
from client.errors import BadReply, ClientError, ServiceUnreachable, SourceError
from client.pace import Pace
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
from client.replies import read_results
from client.requests import Options, classify_request
from client.results import Failure, Result
from client.sources import Upload

# What would fail every other request in the same way: going on would only repeat it.
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
# What may be the fault of one picture in the request, or of their number: halves can tell.
MAY_BE_ONE = (InternalError, TooLarge)

Batch: TypeAlias = Sequence["Upload | Failure"]
_Group: TypeAlias = "list[tuple[int, Upload]]"


class BatchCall:
    """The classification of one batch.

    Args:
        caller: makes the calls.
        options: what to ask for.
        timeout: seconds after which a batch in which nothing was answered fails.
        pace: how many pictures the service manages in one request.
        batch: the pictures; one that has failed already keeps its place.
    """

    def __init__(self, caller: Caller, options: Options, timeout: float, pace: Pace, batch: Batch) -> None:
        self._caller = caller
        self._options = options
        self._timeout = timeout
        self._deadline = caller.clock() + timeout
        self._pace = pace
        self._results: list[Result | None] = [item if isinstance(item, Failure) else None for item in batch]
        group = [(place, item) for place, item in enumerate(batch) if isinstance(item, Upload)]
        self._groups: list[_Group] = [group] if group else []
        self._tried = 0

    def run(self) -> Operation[list[Result]]:
        """One result for each picture, in order.

        Raises:
            ClientError: what would fail every other request too; anything else is a ``Failure`` in its place.
        """
        while self._groups:
            group = self._next_group()
            uploads = [upload for _, upload in group]
            try:
                request = classify_request(uploads, self._options)
                give_up = (DeadlineExceeded,) if len(group) > 1 else ()
                reply = yield from self._caller.call(request, self._deadline, give_up)
                results = read_results(reply, uploads)
            except ClientError as error:
                self._not_answered(group, error)
            else:
                yield from self._answered(group, results)
        return cast("list[Result]", self._results)

    def _next_group(self) -> _Group:
        group, largest = self._groups.pop(), self._pace.largest
        if len(group) > largest:
            self._groups.append(group[largest:])
        return group[:largest]

    def _not_answered(self, group: _Group, error: ClientError) -> None:
        if isinstance(error, SourceError):
            self._drop(group, error)
        elif isinstance(error, FAILS_ALL) or not self._caller.reached:
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

    def _answered(self, group: _Group, results: list[Result]) -> Operation[None]:
        """Keep the answers; what failed for a passing reason is asked again while there is time."""
        self._pace.in_time(len(group))
        self._deadline = self._caller.clock() + self._timeout
        self._tried += 1
        again: _Group = []
        longest = 0.0
        for (place, upload), result in zip(group, results, strict=True):
            self._results[place] = result
            if isinstance(result, Failure):
                wait = self._caller.policy.wait(result.error, self._tried, True)
                if wait is not None:
                    again.append((place, upload))
                    longest = max(longest, wait)
        if again and self._caller.clock() + longest < self._deadline:
            self._groups.append(again)
            yield Wait(longest)
