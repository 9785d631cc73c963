"""Uvicorn's HTTP/1.1 protocol with limits on time and size, and a problem document for every refusal.

Uvicorn leaves these to a proxy. Here a connection is always in one of six phases, and each phase but
ANSWERING has a deadline that ``expire`` enforces:

    IDLE -> HEAD -> BODY -> ANSWERING -> IDLE          any of them -> LINGERING -> closed
            HEAD -> SHEDDING ----------> IDLE

While more requests arrive than are admitted (``admission``), a small request is held back before it is
parsed. If it is refused in the end, its answer is written from here: no task is started for it.
"""

from __future__ import annotations

import logging
import math
from enum import Enum, auto
from time import monotonic
from typing import Any, cast
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from serving.errors import IncompleteRequest, MalformedRequest, ServiceError, SlowUpload
from serving.gateway.server.admission import ALWAYS_ADMITTED, overloaded
from serving.gateway.server.application import CLOSE, Application, Message
from serving.gateway.server.environ import SMALL_BODY
from serving.gateway.server.framing import Framing

LINGER_SECONDS = 2.0
LINGER_BYTES = 16_000_000
SLOWEST_READER = 10_000
"""Bytes per second that a reader must take on average."""

log = logging.getLogger("serving.gateway.server.http")


class Phase(Enum):
    """What a connection is doing."""

    IDLE = auto()  # waits for a request of which nothing has come
    HEAD = auto()  # reads request line and headers
    BODY = auto()
    SHEDDING = auto()  # reads the body of a request that is refused once it has come
    ANSWERING = auto()  # the request is complete and its answer is not
    LINGERING = auto()  # our side is closed; waits until the client has seen it


RECEIVING = (Phase.HEAD, Phase.BODY, Phase.SHEDDING)


class Protocol(HttpToolsProtocol):
    """One connection."""

    phase: Phase
    deadline: float  # when the phase ends by force, on the monotonic clock
    began: float  # when the current request's first byte came, or the connection became idle

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own arguments
        super().__init__(*args, **kwargs)
        self.logger = log  # uvicorn's name would be mistaken for an error of the server
        self._application = cast(Application, self.config.app)  # ``app`` also reads X-Forwarded-For
        self._admission, self._limits = self._application.admission, self._application.limits
        self.scope = cast(Any, {})  # none before the first request; refusals look into it
        self._framing = Framing(self._limits)
        self._unanswered = 0  # requests whose head has come, and that are not shed
        self._refusal: ServiceError | None = None
        self._held = b""
        self._shed_at = -math.inf
        self._discarded = 0
        self._read_deadline = math.inf
        self._enter(Phase.IDLE, self._limits.head_seconds)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client."""
        if self._refusal is not None:
            self._discarded += len(data)
            if self._discarded > LINGER_BYTES:
                self.transport.abort()
            return
        if self.phase is Phase.IDLE:
            self._begin()
            if self._admission.must_wait(data):
                self._admission.wait(self.proceed, self._shed_at)
                return self._hold(data)
        elif self._held:
            return self._hold(self._held + data)
        self._read(data)

    def proceed(self) -> None:
        """Read what was held back, unless the client has left."""
        held, self._held = self._held, b""
        if held and not self.transport.is_closing():
            self._read(held)

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio's own signature
        """Note that the client sends no more; True keeps the connection open for the answer."""
        self._admission.release(self.proceed)
        if self.phase in RECEIVING:
            detail = "The connection closed before the request was complete. Send it again."
            self._refuse(IncompleteRequest(detail))
            return self._unanswered > 0  # it waits for the answers to requests before it
        if self.phase is Phase.ANSWERING:
            self.cycle.keep_alive = False
            return True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Transport callback: the connection is closed."""
        super().connection_lost(exc)
        self.pipeline.clear()  # a request that never ran would keep itself alive, and its upload
        self.cycle = cast(Any, None)

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
        self._framing.head_complete(self.parser.get_http_version())
        self.deadline = self.began + self._limits.request_seconds
        if not self._admission.has_room and self._may_shed():
            self.phase = Phase.SHEDDING
            return
        super().on_headers_complete()
        self.phase = Phase.BODY
        if not self._unanswered and self._application.share.closes_one():
            self.cycle.keep_alive = False
        self._unanswered += 1

    def on_body(self, body: bytes) -> None:
        """Parser callback: part of a body."""
        self._framing.body(len(body))
        if self.phase is Phase.BODY:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Parser callback: the request is complete."""
        if self.phase is Phase.SHEDDING:
            self._write_refusal(overloaded())
            self._enter(Phase.IDLE, self._limits.idle_seconds)
            self._shed_at = self.began
            return
        super().on_message_complete()
        if self._unanswered == 1:  # one sent ahead gets its place when its turn comes
            self._admission.take(cast(Message, self.cycle.scope))
        self.phase, self.deadline = Phase.ANSWERING, math.inf
        if not self._unanswered:  # answered before it was complete
            self._enter(Phase.IDLE, self._limits.idle_seconds)

    def on_response_complete(self) -> None:
        """Uvicorn's callback: an answer was handed to the transport."""
        self._unanswered -= 1
        super().on_response_complete()
        if self._unanswered:
            return
        if self._refusal is not None:
            self._send_refusal(self._refusal)
        elif self.phase is Phase.ANSWERING:
            self._enter(Phase.IDLE, self._limits.idle_seconds)

    def send_400_response(self, _message: str) -> None:
        """Uvicorn's callback: the parser refused the bytes."""
        detail = "This is not a well-formed HTTP/1.1 request. Check how it is framed."
        self._refuse(self._framing.error or MalformedRequest(detail))

    def pause_writing(self) -> None:
        """Transport callback: the client is slow to read."""
        super().pause_writing()
        unsent = self.transport.get_write_buffer_size()
        self._read_deadline = monotonic() + self._limits.response_seconds + unsent / SLOWEST_READER
        others = cast("set[Protocol]", self.connections)
        buffered = (each.transport.get_write_buffer_size() for each in others if each.flow.write_paused)
        if sum(buffered) > self._limits.unsent_bytes:
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
        elif now < self.deadline or self.flow.read_paused or self._held:
            return
        elif self.phase is Phase.IDLE:
            self.close_idle()
        elif self.phase is Phase.HEAD:
            self._refuse(SlowUpload("The headers did not arrive in time. Send them at once.", retry_after=1))
        elif self.phase in RECEIVING:
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
        if self.phase in RECEIVING and (error := self._framing.check()) is not None:
            self._refuse(error)

    def _hold(self, data: bytes) -> None:
        self._held = data
        if len(data) > SMALL_BODY:
            self._admission.release(self.proceed)

    def _may_shed(self) -> bool:
        """Whether the request whose head is complete can be refused without a task, once it has been read.

        The rest are refused by the application: large requests, for which there may be room by the time they
        are complete, those that are sent ahead or wait for a word before their body, and the last of a
        connection.
        """
        if self._unanswered or self.expect_100_continue or self._framing.length > SMALL_BODY:
            return False
        if self._application.is_closing or self.flow.write_paused or self.transport.is_closing():
            return False
        path = unquote(self.url.partition(b"?")[0].decode("latin-1"))
        self.scope["method"], self.scope["path"] = self.parser.get_method().decode("ascii"), path
        keep_alive = self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive()
        return keep_alive and path.startswith("/") and path not in ALWAYS_ADMITTED

    def _begin(self) -> None:
        self._framing.begin()
        self._enter(Phase.HEAD, min(self._limits.head_seconds, self._limits.request_seconds))

    def _enter(self, phase: Phase, seconds: float) -> None:
        self.phase, self.began = phase, monotonic()
        self.deadline = self.began + seconds

    def _refuse(self, error: ServiceError) -> None:
        """Refuse the request being received, after the answers to those before it; then close.

        The parser and ``Framing`` may both find fault with one request: the first one counts.
        """
        if self._refusal is not None:
            return
        self._refusal, self.deadline = error, math.inf
        if self.phase is Phase.BODY and not self.cycle.response_complete:
            self._unanswered -= 1
            self.cycle.disconnected = True  # its task ends without an answer
            self.cycle.message_event.set()
            if self.pipeline and self.pipeline[0][0] is self.cycle:
                self.pipeline.popleft()
        if not self._unanswered:
            self._send_refusal(error)

    def _send_refusal(self, error: ServiceError) -> None:
        """Refuse, and close our side only: closing with bytes unread would lose the answer to a reset."""
        if self.transport.is_closing():
            return
        self._write_refusal(error, CLOSE)
        self._enter(Phase.LINGERING, LINGER_SECONDS)
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _write_refusal(self, error: ServiceError, *more: tuple[bytes, bytes]) -> None:
        method, path = self.scope.get("method", ""), self.scope.get("path", "")
        status, headers, content = self._application.refuse(error, method, path)
        fields = [*self.server_state.default_headers, *headers, *more]
        head = STATUS_LINE[status] + b"".join(b"%s: %s\r\n" % field for field in fields)
        self.transport.write(head + b"\r\n" + (b"" if method == "HEAD" else content))
