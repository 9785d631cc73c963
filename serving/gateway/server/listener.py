"""Accepts connections, a few at a time, and leaves some to workers that have fewer."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

from serving.gateway.server.protocol import Phase, Protocol
from serving.gateway.server.shares import CLOSED, Share

ACCEPTED_AT_ONCE = 16
EVICTED_AT_ONCE = 64
PAUSED_SECONDS = 0.002
"""How often a worker that leaves connections to others looks whether they still have fewer."""
EXHAUSTED_SECONDS = 0.5
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_UNACKED = slice(24, 28)
"""Where Linux's ``tcp_info`` has the length of a listening socket's queue."""

log = logging.getLogger(__name__)


def waiting_at(sock: socket.socket) -> int:
    """How many connections wait to be accepted; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _UNACKED.stop)
    except OSError:  # no TCP
        return 0
    return int.from_bytes(info[_UNACKED], sys.byteorder)


@dataclass(eq=False)
class Listener:
    """The sockets of one worker's port. It begins to accept at once, on the running loop."""

    sockets: list[socket.socket]  # bound and listening
    protocol: Callable[[], Protocol]  # makes the protocol of a connection
    established: set[Protocol]  # the open connections
    most: int  # how many may be open
    share: Share  # this worker's place among the others

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._listen()

    @property
    def connections(self) -> int:
        """Open connections, those included that are just being set up."""
        return len(self.established) + len(self._opening)

    def close(self) -> None:
        """Accept what already waits, then close the port."""
        self._ignore()
        self.share.note(CLOSED)
        sockets, self.sockets = self.sockets, []
        for sock in sockets:
            while self._accept_one(sock):
                continue
            sock.close()

    def close_longest_idle(self, most: int) -> None:
        """Close up to ``most`` connections that wait for a request to begin, the longest idle first."""
        idle = [each for each in self.established if each.phase is Phase.IDLE]
        for connection in sorted(idle, key=lambda each: each.began)[:most]:
            connection.close_idle()

    def _listen(self) -> None:
        for sock in self.sockets:
            self._loop.add_reader(sock.fileno(), self._accept, sock)

    def _ignore(self) -> None:
        for sock in self.sockets:
            self._loop.remove_reader(sock.fileno())

    def _pause(self, seconds: float) -> None:
        self._ignore()
        self._loop.call_later(seconds, self._listen)

    def _accept(self, sock: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if self.connections >= self.most:
                self.close_longest_idle(EVICTED_AT_ONCE)
                return self._pause(EXHAUSTED_SECONDS / 10)
            if not self.share.accepts(waiting_at(sock)):
                return self._pause(PAUSED_SECONDS)
            if not self._accept_one(sock):
                return None
            self.share.accepted(self.connections)
        return None

    def _accept_one(self, sock: socket.socket) -> bool:
        try:
            accepted, _ = sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            log.warning("no more connections for a moment: %s", error.strerror)
            self.close_longest_idle(EVICTED_AT_ONCE)
            self._pause(EXHAUSTED_SECONDS)
            return False
        accepted.setblocking(False)
        task = self._loop.create_task(self._open(accepted))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return True

    async def _open(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self.protocol, accepted)
        except OSError:  # gone already
            accepted.close()
