"""A real redis-server on a free port, to be stopped, paused and started again by tests."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from serving.stack.processes import free_port

SECONDS = 20


class RedisServer:
    """A redis-server that keeps nothing on disk.

    Attributes:
        port: its port, the same after every start.
        url: its address as a setting takes it.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; fail the test where it is not installed."""
        binary = shutil.which("redis-server")
        assert binary, "redis-server is not installed: make tools"
        command = [
            binary,
            "--bind",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + SECONDS
        while not self._answers():
            assert self._process.poll() is None, "redis-server ended"
            assert time.monotonic() < end, "redis-server does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill it, if it runs; what it held is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Make it hang: it takes connections and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def command(self, *words: str) -> object:
        """What it answers to a command."""
        with redis.Redis(port=self.port) as client:
            answer: object = client.execute_command(*words)
            return answer

    def _answers(self) -> bool:
        try:
            return bool(self.command("PING"))
        except redis.ConnectionError:
            return False


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A running server, killed at the end."""
    server = RedisServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
