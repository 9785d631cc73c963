"""Start both servers, say when they are ready, watch them, stop them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from serving.stack import commands, servables
from serving.stack.options import StackOptions
from serving.stack.ports import require_free, urls
from serving.stack.processes import Child, StackError, free_port
from serving.store.errors import StoreError
from serving.store.running import Running, announced, find

# Longer than the gateway's own drain, so that it is never cut short from here.
GATEWAY_GRACE_SECONDS = 40.0
MODEL_SERVER_GRACE_SECONDS = 15.0
_POLL_SECONDS = 0.1


def serve(options: StackOptions) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, which a closed terminal sends.

    Raises:
        StackError: when a server cannot start, does not get ready in time, or dies.
    """
    require_free(options.host, options.port)
    names = servables.model_names(options.models_dir)
    options = replace(options, in_workers=commands.in_workers(options, os.environ))
    with _stop_signal() as stop, ExitStack() as closing:
        children: list[Child] = []
        address, config = options.model_server, None
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="mnist-serving-")))
        models_file = servables.write_names(folder / "models.txt", names)
        if options.in_workers:
            config = servables.models_config(folder, options.models_dir)
            print(f"Starting the gateway with {', '.join(names)} in its workers ...", file=sys.stderr)
        elif address is None:
            config = servables.models_config(folder, options.models_dir)
            address, child = _start_model_server(config, options, names, closing)
            children.append(child)
            _wait_until_listening(address, child, stop, options.ready_timeout)
        environ = commands.gateway_environment(
            os.environ,
            options,
            model_server=address,
            names=names,
            models_file=models_file,
            notice=servables.notice(options.models_dir),
        )
        if options.in_workers:
            environ = {
                **commands.model_server_environment(environ),
                commands.MODEL_CONFIG_FILE: str(config),
            }
        gateway = Child("gateway", commands.gateway_command(in_workers=options.in_workers), environ)
        closing.callback(gateway.stop, GATEWAY_GRACE_SECONDS)
        children.append(gateway)
        if _wait_until_ready(options, children, stop):
            if config is not None and address is not None:  # workers announce themselves
                closing.enter_context(announced(options.models_dir, Running(address, _url(options))))
            _say_how_to_try(options, names)
            _watch(options, config, models_file, children, stop)
        if stop.is_set():
            with contextlib.suppress(OSError):  # the terminal may be gone
                print("\nStopping.", file=sys.stderr, flush=True)


def _start_model_server(
    config: Path, options: StackOptions, names: list[str], closing: ExitStack
) -> tuple[str, Child]:
    binary = commands.model_server_binary(options)
    grpc_port, rest_port = free_port(), free_port()
    command = commands.model_server_command(binary, config=config, grpc_port=grpc_port, rest_port=rest_port)
    kind = f"TensorFlow Serving ({binary})" if binary else "the embedded model server"
    print(f"Starting {kind} for {', '.join(names)} and the gateway ...", file=sys.stderr, flush=True)
    child = Child("model server", command, commands.model_server_environment(os.environ))
    closing.callback(child.stop, MODEL_SERVER_GRACE_SECONDS)
    return f"127.0.0.1:{grpc_port}", child


def _wait_until_listening(address: str, child: Child, stop: threading.Event, timeout: float) -> None:
    """Wait for the model server's port, so that the gateway's log does not open with failed calls."""
    host, _, port = address.rpartition(":")
    end = time.monotonic() + timeout
    while not stop.wait(_POLL_SECONDS) and time.monotonic() < end:
        _require_alive([child])
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return


def _wait_until_ready(options: StackOptions, children: list[Child], stop: threading.Event) -> bool:
    """True once every model is AVAILABLE behind the gateway; False when asked to stop before that."""
    end = time.monotonic() + options.ready_timeout
    answer = "no answer"
    while not stop.wait(_POLL_SECONDS):
        _require_alive(children)
        try:
            with urllib.request.urlopen(_url(options) + "/readyz", timeout=5) as reply:
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
    """Whether every worker has loaded its models, where workers do."""
    workers = int(os.environ.get("GATEWAY_WORKERS", commands.WORKERS))
    if not options.in_workers or not os.access(options.models_dir, os.W_OK):  # nobody announces itself there
        return True
    return len(find(options.models_dir)) >= workers


def _watch(
    options: StackOptions,
    config: Path | None,
    models_file: Path,
    children: list[Child],
    stop: threading.Event,
) -> None:
    """Watch the servers, and the folder for models published under a new name."""
    told = ""
    while not stop.wait(_POLL_SECONDS * 5):
        _require_alive(children)
        if config is None:
            continue
        try:
            for name in servables.add_new_models(options.models_dir, config):
                servables.write_names(models_file, servables.model_names(options.models_dir))
                print(f"{name} is published and begins to serve.", file=sys.stderr, flush=True)
        except (StoreError, OSError) as error:
            if str(error) != told:
                told = str(error)
                print(f"New models are not looked for: {error}", file=sys.stderr, flush=True)


def _require_alive(children: list[Child]) -> None:
    for child in children:
        status = child.exit_status()
        if status is not None:
            raise StackError(f"the {child.name} ended with status {status}; its last lines above say why")


def _say_how_to_try(options: StackOptions, names: list[str]) -> None:
    url, *others = urls(options.host, options.port)
    lines = [
        f"\nServing {', '.join(names)} on {url}",
        *([f"  from a phone or another machine: {' or '.join(others)}"] if others else []),
        "  open it in a browser, or try:",
        f"  curl -F image=@picture.png {url}/classify",
        f"  {sys.executable} -m client classify picture.png --url {url}",
        f"Versions: {sys.executable} -m serving models --help",
        "Ctrl-C stops it.",
    ]
    print("\n".join(lines), flush=True)


def _url(options: StackOptions) -> str:
    return urls(options.host, options.port)[0]


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """An event that SIGINT, SIGTERM and SIGHUP set; the handlers from before come back at the end.

    SIGHUP stays ignored where it is, which is what ``nohup`` does.
    """
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
