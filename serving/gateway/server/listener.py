"""Accepts connections, a few at a time, and leaves some to workers that have fewer."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence

from serving.gateway.server.shares import Share

ACCEPTED_AT_ONCE = 16
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


class Listener:
    """The sockets of one worker's port.

    Args:
        sockets: bound and listening.
        connect: gives an accepted socket to the protocol.
        count: how many connections are open.
        most: how many may be.
        make_room: closes idle connections.
        share: this worker's place among the others, or None when it is alone.
    """

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        connect: Callable[[socket.socket], Awaitable[object]],
        count: Callable[[], int],
        most: int,
        make_room: Callable[[], None],
        share: Share | None,
    ) -> None:
        self._sockets, self._connect, self._count, self._most = sockets, connect, count, most
        self._make_room, self._share = make_room, share
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._listening = False
        for sock in sockets:
            sock.setblocking(False)
        self._listen()

    @property
    def connections(self) -> int:
        """Open connections, those included that are just being set up."""
        return self._count() + len(self._opening)

    def close(self) -> None:
        """Accept what already waits, then close the port."""
        self._ignore()
        if self._timer is not None:
            self._timer.cancel()
        if self._share is not None:
            self._share.leave()
        self._share = None
        for sock in self._sockets:
            while self._accept_one(sock):
                continue
            sock.close()

    def _listen(self) -> None:
        self._timer = None
        self._listening = True
        for sock in self._sockets:
            self._loop.add_reader(sock.fileno(), self._accept, sock)

    def _ignore(self) -> None:
        if self._listening:
            self._listening = False
            for sock in self._sockets:
                self._loop.remove_reader(sock.fileno())

    def _pause(self, seconds: float) -> None:
        self._ignore()
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._listen)

    def _accept(self, sock: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if self.connections >= self._most:
                self._make_room()
                return self._pause(EXHAUSTED_SECONDS / 10)
            if self._share is not None and not self._share.accepts(waiting_at(sock)):
                return self._pause(PAUSED_SECONDS)
            if not self._accept_one(sock):
                return None
            if self._share is not None:
                self._share.accepted(self.connections)
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
            self._make_room()
            self._pause(EXHAUSTED_SECONDS)
            return False
        accepted.setblocking(False)
        task = self._loop.create_task(self._open(accepted))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return True

    async def _open(self, accepted: socket.socket) -> None:
        try:
            await self._connect(accepted)
        except OSError:  # gone already
            accepted.close()
