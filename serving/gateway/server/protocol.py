"""Uvicorn's HTTP/1.1 protocol with limits on time and size, and a problem document for every refusal.

Uvicorn leaves these to a proxy. Here a connection is always in one of five phases, and each phase but
ANSWERING has a deadline that ``expire`` enforces:

    IDLE -> HEAD -> BODY -> ANSWERING -> IDLE          any of them -> LINGERING -> closed

While more requests arrive than are admitted (``admission``), a small request is held back before it is
parsed. If it is refused in the end, its answer is written from here: no task is started for it.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from enum import Enum, auto
from time import monotonic
from typing import Any, cast
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from serving.errors import IncompleteRequest, MalformedRequest, ServiceError, SlowUpload
from serving.gateway.server.admission import overloaded
from serving.gateway.server.application import CLOSE, Application, Message
from serving.gateway.server.bodies import SMALL_BODY
from serving.gateway.server.framing import Framing
from serving.gateway.server.limits import SLOWEST_READER

LINGER_SECONDS = 2.0
LINGER_BYTES = 16_000_000

log = logging.getLogger("serving.gateway.server.http")


class Phase(Enum):
    """What a connection is doing."""

    IDLE = auto()  # waits for a request of which nothing has come
    HEAD = auto()  # reads request line and headers
    BODY = auto()
    ANSWERING = auto()  # the request is complete and its answer is not
    LINGERING = auto()  # our side is closed; waits until the client has seen it


class Protocol(HttpToolsProtocol):
    """One connection.

    Attributes:
        phase: see ``Phase``.
        deadline: when the phase ends by force, on the monotonic clock.
        began: when the current request's first byte came, or the connection became idle.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own arguments
        super().__init__(*args, **kwargs)
        self.logger = log  # uvicorn's name would be mistaken for an error of the server
        self._application = cast(Application, self.config.app)  # ``app`` also reads X-Forwarded-For
        self._admission = self._application.admission
        self._limits = self._application.limits
        self.scope = cast(Any, {})  # none before the first request; refusals look into it
        self._framing = Framing(self._limits)
        self._cycles: deque[RequestResponseCycle] = deque()
        self._receiving: RequestResponseCycle | None = None
        self._refusal: ServiceError | None = None
        self._held: bytes | None = None
        self._sheds = False
        self._shed_at = -math.inf
        self._discarded = 0
        self._read_deadline = math.inf
        self.phase = Phase.IDLE
        self.began = monotonic()
        self.deadline = self.began + self._limits.head_seconds

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client."""
        if self.phase is Phase.LINGERING or self._refusal is not None:
            return self._discard(len(data))
        if self._held is not None:
            return self._hold(self._held + data)
        if self.phase is Phase.IDLE:
            self._begin()
            if self._admission.must_wait(data):
                self._admission.wait(self, self._shed_at)
                return self._hold(data)
        return self._read(data)

    def proceed(self) -> None:
        """Read what was held back; see ``admission.Waiter``."""
        held, self._held = self._held, None
        if held is not None and not self.transport.is_closing():
            self._read(held)

    def connection_lost(self, exc: Exception | None) -> None:
        """Transport callback: the connection is closed."""
        self._admission.forget(self)
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio's own signature
        """Note that the client sends no more; True keeps the connection open for the answer."""
        self._admission.forget(self)
        self.proceed()
        if self.phase in (Phase.HEAD, Phase.BODY):
            self._refuse(
                IncompleteRequest("The connection closed before the request was complete. Send it again.")
            )
            return self._refusal is not None  # it waits for the answers to requests before it
        if self.phase is Phase.ANSWERING:
            self.cycle.keep_alive = False
            return True
        return False

    def on_message_begin(self) -> None:
        """Parser callback: a request begins."""
        super().on_message_begin()
        if self.phase is not Phase.HEAD:  # sent ahead, behind another
            self._begin()
        self.scope["state"]["arrived"] = self.began

    def on_url(self, url: bytes) -> None:
        """Parser callback: part of the request line's target."""
        super().on_url(url)
        self._framing.url(len(self.url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Parser callback: a header, or a trailer, which is checked and dropped."""
        if self._framing.header(name, value):
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Parser callback: the head is complete."""
        version = self.parser.get_http_version()
        if self._framing.head_complete(version) is not None:
            return
        self._enter(Phase.BODY, self.began + self._limits.request_seconds)
        self._sheds = not self._admission.has_room and self._may_shed()
        if self._sheds:
            return
        super().on_headers_complete()
        if not self._cycles and self._application.closes_one():
            self.cycle.keep_alive = False
        self._receiving = self.cycle
        self._cycles.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        """Parser callback: part of a body."""
        if self._framing.body(len(body)) is None and not self._sheds:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Parser callback: the request is complete."""
        if self._framing.error is not None:
            return
        if self._sheds:
            return self._shed()
        super().on_message_complete()
        if len(self._cycles) == 1:  # one sent ahead gets its place when its turn comes
            self._application.admit(cast(Message, self.cycle.scope))
        self._receiving = None
        self._enter(Phase.ANSWERING, math.inf)
        if not self._cycles:  # answered before it was complete
            self._idle()
        return None

    def on_response_complete(self) -> None:
        """Uvicorn's callback: an answer was handed to the transport."""
        self._cycles.popleft()
        super().on_response_complete()
        if self._refusal is not None and not self._cycles:
            self._send_refusal()
        elif self.phase is Phase.ANSWERING and not self._cycles:
            self._idle()

    def send_400_response(self, _message: str) -> None:
        """Uvicorn's callback: the parser refused the bytes."""
        detail = "This is not a well-formed HTTP/1.1 request. Check how it is framed."
        self._refuse(self._framing.error or MalformedRequest(detail))

    def pause_writing(self) -> None:
        """Transport callback: the client is slow to read."""
        super().pause_writing()
        unsent = self.transport.get_write_buffer_size()
        self._read_deadline = monotonic() + self._limits.response_seconds + unsent / SLOWEST_READER
        if self._unsent_by_all() > self._limits.unsent_bytes:
            self.transport.abort()

    def resume_writing(self) -> None:
        """Transport callback: the client has caught up."""
        super().resume_writing()
        self._read_deadline = math.inf

    def timeout_keep_alive_handler(self) -> None:
        """Uvicorn's timer: idle for too long. ``expire`` decides that here."""

    def expire(self, now: float) -> None:
        """End what has taken too long."""
        if now >= self._read_deadline or (now >= self.deadline and self.phase is Phase.LINGERING):
            self.transport.abort()
        elif self.transport.is_closing():
            self._read_deadline = min(self._read_deadline, now + self._limits.response_seconds)
        elif now < self.deadline or self.flow.read_paused or self._held is not None:
            return
        elif self.phase is Phase.IDLE:
            self.close_idle()
        elif self.phase is Phase.HEAD:
            self._refuse(SlowUpload("The headers did not arrive in time. Send them at once.", retry_after=1))
        elif self.phase is Phase.BODY:
            self._refuse(SlowUpload("The upload did not arrive in time. Make it smaller.", retry_after=1))

    def close_idle(self) -> None:
        """Close a connection on which nothing is under way; an answer that nobody reads goes with it."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def _read(self, data: bytes) -> None:
        self._framing.received(len(data))
        super().data_received(data)
        error = self._framing.check(complete=self.phase not in (Phase.HEAD, Phase.BODY))
        if error is not None:
            self._refuse(error)

    def _hold(self, data: bytes) -> None:
        self._held = data
        if len(data) > SMALL_BODY:
            self._admission.forget(self)
            self.proceed()

    def _may_shed(self) -> bool:
        """Whether the request whose head is complete can be refused without a task, once it has been read.

        The rest are refused by the application: large requests, for which there may be room by the time they
        are complete, those that are sent ahead or wait for a word before their body, and the last of a
        connection.
        """
        if self._cycles or self.expect_100_continue or self._framing.length > SMALL_BODY:
            return False
        if self._application.is_closing or self.flow.write_paused or self.transport.is_closing():
            return False
        path = unquote(self.url.partition(b"?")[0].decode("latin-1"))
        self.scope["method"], self.scope["path"] = self.parser.get_method().decode("ascii"), path
        keep_alive = self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive()
        return keep_alive and path.startswith("/") and not self._admission.spares(path)

    def _shed(self) -> None:
        self._shed_at = monotonic()
        self._write_refusal(overloaded(), last=False)
        self._idle()

    def _begin(self) -> None:
        self._sheds = False
        self.began = monotonic()
        self._framing.begin()
        self._enter(Phase.HEAD, self.began + min(self._limits.head_seconds, self._limits.request_seconds))

    def _idle(self) -> None:
        self.began = monotonic()
        self._enter(Phase.IDLE, self.began + self._limits.idle_seconds)

    def _enter(self, phase: Phase, deadline: float) -> None:
        self.phase, self.deadline = phase, deadline

    def _refuse(self, error: ServiceError) -> None:
        """Refuse the request being received, after the answers to those before it; then close.

        The parser and ``Framing`` may both find fault with one request: the first one counts.
        """
        if self._refusal is not None or self.phase is Phase.LINGERING:
            return
        self._refusal = error
        self.deadline = math.inf
        cycle, self._receiving = self._receiving, None
        if cycle is not None and not cycle.response_complete:
            self._cycles.pop()
            cycle.disconnected = True  # its task ends without an answer
            cycle.message_event.set()
            self._forget_queued(cycle)
        if not self._cycles:
            self._send_refusal()

    def _forget_queued(self, cycle: RequestResponseCycle) -> None:
        for entry in [each for each in self.pipeline if each[0] is cycle]:
            self.pipeline.remove(entry)

    def _send_refusal(self) -> None:
        error, self._refusal = self._refusal, None
        if error is None or self.transport.is_closing():
            return
        self._write_refusal(error, last=True)
        self._linger()

    def _write_refusal(self, error: ServiceError, *, last: bool) -> None:
        method, path = self.scope.get("method", ""), self.scope.get("path", "")
        status, headers, content = self._application.refuse(error, method, path)
        fields = [*self.server_state.default_headers, *headers, *([CLOSE] if last else [])]
        head = STATUS_LINE[status] + b"".join(b"%s: %s\r\n" % field for field in fields)
        self.transport.write(head + b"\r\n" + (b"" if method == "HEAD" else content))

    def _linger(self) -> None:
        """Close our side only: closing with bytes unread would reset the connection and lose the answer."""
        self._enter(Phase.LINGERING, monotonic() + LINGER_SECONDS)
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > LINGER_BYTES:
            self.transport.abort()

    def _unsent_by_all(self) -> int:
        others = cast("set[Protocol]", self.connections)
        return sum(each.transport.get_write_buffer_size() for each in others if each.flow.write_paused)
