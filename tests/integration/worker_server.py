"""A small application under real gunicorn with the gateway's worker."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serving.errors import ServiceError
from serving.gateway.server import bridge
from tests.connections import get
from tests.gunicorn import Gunicorn, ended
from tests.waiting import eventually

Environ = dict[str, Any]

CONFIGURATION = """
from serving.gateway.server.limits import ServerLimits
from serving.gateway.server.shares import Shares
from serving.gateway.server.worker import GatewayWorker
shares = Shares(16)
bind = "127.0.0.1:0"
control_socket_disable = True
worker_class = GatewayWorker
GatewayWorker.limits = ServerLimits(**{limits!r})
globals().update({settings!r})


def pre_fork(server, worker):
    worker.share = shares.take()


def child_exit(server, worker):
    worker.share.leave()
"""

BODIES: dict[str, Callable[[Environ], bytes]] = {
    "/big": lambda _environ: bytes(10_000_000),
    "/pid": lambda _environ: str(os.getpid()).encode(),
    "/echo": lambda environ: bytes(environ["wsgi.input"].read()),
    "/environ": lambda environ: json.dumps({k: v for k, v in environ.items() if k.isupper()}).encode(),
}
WAITS: dict[str, Callable[[float], None]] = {
    "/slow": lambda seconds: bridge.wait_for(asyncio.sleep(seconds)),
    "/hold": time.sleep,
}


class Application:
    """Answers by path: those of ``BODIES``; those of ``WAITS`` later; ``/wait`` after ``/healthz?free``.

    What the server refuses, it writes to standard error as ``refused STATUS METHOD PATH``.
    """

    def __init__(self) -> None:
        self.draining = False
        self.free = asyncio.Event()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        status, body = "200 OK", BODIES[path](environ) if path in BODIES else b"hello"
        if path in WAITS:
            WAITS[path](float(query))
        elif path == "/wait":
            print("wait: begun", file=sys.stderr, flush=True)
            bridge.wait_for(self.free.wait())
        elif (path, query) == ("/healthz", "free"):
            self.free.set()
        elif path == "/readyz" and self.draining:
            status = "503 Service Unavailable"
        elif path == "/short":
            start_response(status, [("Content-Length", "100")])
            return [b"less"]
        elif path == "/broken":
            raise RuntimeError("the application's own trouble")
        elif path == "/stream":
            start_response(status, [])
            return [b"a", b"b", b"c"]
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]

    def refuse(self, error: ServiceError, method: str, path: str) -> tuple[list[tuple[str, str]], bytes]:
        print(f"refused {error.status} {method} {path}", file=sys.stderr, flush=True)
        headers = [("content-type", "application/problem+json")]
        if error.retry_after is not None:
            headers.append(("retry-after", str(error.retry_after)))
        document = {"status": error.status, "code": error.code, "detail": error.detail}
        return headers, json.dumps(document).encode()

    def drain(self) -> None:
        self.draining = True


application = Application()


class Server(Gunicorn):
    """The application under gunicorn, with some ``ServerLimits`` and settings of gunicorn's."""

    def __init__(self, folder: Path, limits: dict[str, Any], settings: dict[str, Any]) -> None:
        config = folder / "gunicorn_conf.py"
        config.write_text(CONFIGURATION.format(limits=limits, settings=settings))
        command = [sys.executable, "-m", "gunicorn", "-c", str(config)]
        super().__init__(folder, [*command, "tests.integration.worker_server:application"], {})
        self.wait_for("Booting worker")

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET on a connection of its own."""
        return self.say(get(path, "Connection: close")).brief

    def is_closed(self) -> bool:
        """Whether its port is closed."""
        try:
            self.connect().close()
        except ConnectionError:
            return True
        return False

    def pid(self) -> int:
        """The process id of the worker that answers."""
        return int(self.get("/pid")[1])

    def all_workers(self, count: int) -> list[int]:
        """The process ids of its workers, once all of so many have answered."""
        pids: set[int] = set()

        def all_answered() -> bool:
            pids.add(self.pid())
            return len(pids) == count

        eventually(all_answered, f"{count} workers answer")
        return sorted(pids)


@contextmanager
def serving(folder: Path, limits: dict[str, Any] | None = None, **settings: Any) -> Iterator[Server]:  # noqa: ANN401
    """A server with these ``ServerLimits`` and gunicorn settings, ended with the block."""
    server = Server(folder, limits or {}, {"keepalive": 30, **settings})
    with ended(server):
        yield server
