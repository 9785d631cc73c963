"""The connections of one worker and what the selector watches of them."""

from __future__ import annotations

import selectors
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from serving.gateway.worker.connections import Connection, State

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

Event = Callable[[], object]

AT_ONCE = 64
"""Ready connections that are dealt with before the loop looks again."""


class Registry:
    """Every open connection, and the selector.

    Args:
        ready: called with a connection for which something watched has happened.
    """

    def __init__(self, ready: Callable[[Connection], None]) -> None:
        self._ready = ready
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._things: set[FileDescriptorLike] = set()

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._connections))

    def watch_for(self, thing: FileDescriptorLike, callback: Event) -> None:
        """Call ``callback`` when ``thing``, which is no connection, is readable."""
        self._things.add(thing)
        self._selector.register(thing, selectors.EVENT_READ, callback)

    def unwatch(self, thing: FileDescriptorLike) -> None:
        """Undo ``watch_for``."""
        self._things.discard(thing)
        self._selector.unregister(thing)

    def wait(self, timeout: float, room: int) -> tuple[list[Event], list[Event]]:
        """Wait for something watched to happen; what is to be called for it, and what is too much.

        What is no connection comes first. Of the connections ``AT_ONCE`` come with this call: however many
        are ready, new ones are taken in and answers passed on in between. ``room`` more may wait for the next
        calls; the rest are too many.
        """
        ready = [key for key, _ in self._selector.select(timeout)]
        if len(ready) > AT_ONCE:
            ready.sort(key=lambda key: key.fileobj not in self._things)
        events = [key.data for key in ready]
        return events[:AT_ONCE], events[AT_ONCE + room :]

    def add(self, connection: Connection) -> None:
        """Take in a new connection."""
        self._connections.add(connection)

    def watch(self, connection: Connection, events: int) -> None:
        """Watch a connection for these events of the selector only; 0 for none."""
        if events == connection.watched:
            return
        # Written before the selector changes: a thread that is done reads it and may have to wake the loop.
        before, connection.watched = connection.watched, events
        if not events:
            self._selector.unregister(connection.sock)
        elif before:
            self._selector.modify(connection.sock, events, lambda: self._ready(connection))
        else:
            self._selector.register(connection.sock, events, lambda: self._ready(connection))

    def close(self, connection: Connection) -> None:
        """Close a connection and forget it."""
        if connection.state is State.CLOSED:
            return
        self.watch(connection, 0)
        self._connections.discard(connection)
        connection.close()

    def close_longest_idle(self, most: int) -> None:
        """Close up to ``most`` connections that wait for a request to begin, oldest first."""
        idle = sorted((each for each in self if each.idle), key=lambda each: each.began)
        for connection in idle[:most]:
            self.close(connection)

    def close_all(self) -> None:
        """Close everything that nobody is at work on, and the selector."""
        for connection in self:
            if connection.state is not State.ANSWERING:
                self.close(connection)
        self._selector.close()
