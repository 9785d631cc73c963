"""Runs the application for one whole request, in a fiber or a thread."""

from __future__ import annotations

import io
from collections.abc import Iterable

from gunicorn.http import wsgi
from gunicorn.http.wsgi import Response
from gunicorn.workers.base import Worker

from serving.gateway.worker.connections import Connection
from serving.gateway.worker.refusals import BROKEN


class Outlet:
    """Stands where gunicorn's response expects a socket; never waits for the reader.

    What a slow reader does not take is kept, up to ``Limits.unsent_bytes`` of all connections, so an
    application must not stream more than fits.

    The first piece, the headers, goes out together with the second: one system call and one packet
    for an answer of usual size.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._head: bytes | None = None
        self.begun = False

    def sendall(self, data: bytes) -> None:
        """Send or keep ``data``.

        Raises:
            OSError: when the connection is gone or takes too little.
        """
        if not self.begun and self._head is None:
            self._head = data
            return
        self._connection.send((self._head or b"") + data)
        self._head = None
        self.begun = True

    def flush(self) -> None:
        """Send the headers of an answer that has no body."""
        if self._head is not None:
            self.sendall(b"")


def answer(worker: Worker, connection: Connection) -> bool:
    """Answer the connection's request.

    Args:
        worker: gunicorn's worker, for its application, configuration, log and hooks.
        connection: with the complete request.

    Returns:
        Whether the connection can carry another request.
    """
    outlet = Outlet(connection)
    try:
        return _run(worker, connection, outlet)
    except OSError as error:
        worker.log.debug("connection lost while answering: %s", error)
        connection.broken = True
    except Exception:
        worker.log.exception("the application failed")
        connection.broken = outlet.begun or not _apologise(connection)
    return False


def _run(worker: Worker, connection: Connection, outlet: Outlet) -> bool:
    request = connection.request
    request.body = connection.body.opened() if connection.body else io.BytesIO()
    worker.cfg.pre_request(worker, request)
    response, environ = wsgi.create(request, outlet, connection.client, connection.server, worker.cfg)
    environ["wsgi.multithread"] = True
    if connection.last:
        response.force_close()
    try:
        _write(worker.wsgi(environ, response.start_response), response, outlet)
    finally:
        worker.cfg.post_request(worker, request, environ, response)
    return _complete(response) and not response.should_close()


def _write(pieces: Iterable[bytes], response: Response, outlet: Outlet) -> None:
    try:
        for piece in pieces:
            response.write(piece)
        response.close()
        outlet.flush()
    finally:
        if hasattr(pieces, "close"):
            pieces.close()


def _complete(response: Response) -> bool:
    """Whether all announced bytes went out; if not, a reader would take the next answer for the rest."""
    return bool(response._omits_body) or response.response_length in (None, response.sent)


def _apologise(connection: Connection) -> bool:
    """Answer 500; whether the connection was still there to take it."""
    try:
        connection.send(BROKEN.encode(with_body=connection.request.method != "HEAD"))
    except OSError:
        return False
    return True
