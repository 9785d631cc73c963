"""Waits until the servers of the stack are ready, and notices when one ends."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
import urllib.error

from serving.direct import opened
from serving.stack import commands
from serving.stack.options import StackOptions
from serving.stack.ports import urls
from serving.stack.processes import Child, StackError
from serving.store.running import find

POLL_SECONDS = 0.1


def wait_until_listening(address: str, child: Child, stop: threading.Event, timeout: float) -> None:
    """Wait for the model server's port, so that the gateway's log does not begin with failed calls.

    Raises:
        StackError: the model server has ended.
    """
    host, _, port = address.rpartition(":")
    end = time.monotonic() + timeout
    while not stop.wait(POLL_SECONDS) and time.monotonic() < end:
        require_alive([child])
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return


def wait_until_ready(options: StackOptions, children: list[Child], stop: threading.Event) -> bool:
    """Wait until every model is AVAILABLE behind the gateway; returns False if stopped before that.

    Raises:
        StackError: a server has ended, or the models take longer than the options allow.
    """
    url, end = urls(options.host, options.port)[0], time.monotonic() + options.ready_timeout
    answer = "no answer"
    while not stop.wait(POLL_SECONDS):
        require_alive(children)
        try:
            with opened(f"{url}/readyz", timeout=5, own=True) as reply:
                if all(json.load(reply)["models"].values()) and _workers_are_there(options):
                    return True
                answer = "not every model can answer yet"
        except urllib.error.HTTPError as error:
            answer = error.read(2000).decode(errors="replace")
        except OSError as error:
            answer = str(error)
        if time.monotonic() > end:
            raise StackError(f"not ready after {options.ready_timeout:g} s; the gateway says: {answer}")
    return False


def _workers_are_there(options: StackOptions) -> bool:
    """Whether every worker has loaded its models, if workers load them."""
    workers = int(os.environ.get("GATEWAY_WORKERS", commands.WORKERS))
    if not options.in_workers or not os.access(options.models_dir, os.W_OK):  # nobody announces itself there
        return True
    return len(find(options.models_dir)) >= workers


def require_alive(children: list[Child]) -> None:
    """Raise ``StackError`` if a server has ended."""
    for child in children:
        status = child.exit_status()
        if status is not None:
            raise StackError(
                f"the {child.name} exited with status {status}; its last lines above show the reason"
            )
