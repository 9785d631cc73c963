"""One call as a conversation: what to send and how long to wait, decided here, done by whoever drives it.

An operation is a generator. It yields ``Send`` and is sent the ``Reply`` (or has the ``ClientError`` thrown
in); it yields ``Wait`` and is resumed after so many seconds; it returns its result. So retries, deadlines
and everything built on them exist once, for the blocking client and for the asynchronous one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeAlias, TypeVar

from client.errors import ClientError, ServiceUnreachable, TimedOut
from client.problem_documents import problem_from_reply
from client.replies import Reply
from client.requests import Request
from client.retry import RetryPolicy

ERROR_STATUSES_READ_BY_CALLERS = frozenset({422})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send ``request`` and give back its reply, all before ``deadline`` (of the clock)."""

    request: Request
    deadline: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Let so many seconds pass."""

    seconds: float


Operation: TypeAlias = Generator["Send | Wait", "Reply | None", T]


class Conversation(Generic[T]):
    """An operation under way, for whoever drives it.

    Attributes:
        effect: what to do next, None when the operation is over.
        result: what it returned then.

    Raises:
        ClientError: from here, ``answer`` and ``fail``, when the operation ends with one.
    """

    def __init__(self, operation: Operation[T]) -> None:
        self._operation = operation
        self.effect: Send | Wait | None = None
        self.result: T
        self._go(lambda: next(operation))

    def answer(self, reply: Reply | None) -> None:
        """Tell what came of the effect: the reply, or None after a wait."""
        self._go(lambda: self._operation.send(reply))

    def fail(self, error: ClientError) -> None:
        """Tell that the effect failed."""
        self._go(lambda: self._operation.throw(error))

    def _go(self, step: Callable[[], Send | Wait]) -> None:
        try:
            self.effect = step()
        except StopIteration as end:
            self.effect, self.result = None, end.value


class Caller:
    """Calls with retries until the caller's deadline.

    Attributes:
        policy: when to try again.
        clock: seconds that only grow.
        reached: whether the service has ever answered.
    """

    def __init__(self, policy: RetryPolicy, clock: Callable[[], float] = monotonic) -> None:
        self.policy = policy
        self.clock = clock
        self.reached = False

    def call(
        self, request: Request, deadline: float, give_up: tuple[type[ClientError], ...] = ()
    ) -> Operation[Reply]:
        """Send until it is answered, or until trying again is of no use.

        Args:
            request: what to send.
            deadline: of the clock.
            give_up: errors after which the same request is not sent again, passing or not.

        Raises:
            ClientError: why the last try failed.
        """
        tried = 0
        while True:
            tried += 1
            try:
                return (yield from self._try(request, deadline))
            except ClientError as error:
                wait = None if isinstance(error, give_up) else self.policy.wait(error, tried, self.reached)
                if wait is None or self.clock() + wait >= deadline:
                    raise
            yield Wait(wait)

    def _try(self, request: Request, deadline: float) -> Operation[Reply]:
        if self.clock() >= deadline:
            raise TimedOut("the time for this call was over before it could be sent.")
        reply = yield Send(request, deadline)
        if reply is None:
            raise ServiceUnreachable("the connection ended without an answer.")
        self.reached = True
        if reply.status >= 300 and reply.status not in ERROR_STATUSES_READ_BY_CALLERS:
            raise problem_from_reply(reply.status, reply.headers, reply.content)
        return reply
