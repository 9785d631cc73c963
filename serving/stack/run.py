"""Starts both servers, reports when they are ready, watches them and stops them."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from serving.saying import say
from serving.stack import commands, servables
from serving.stack.options import StackOptions
from serving.stack.ports import require_free, urls
from serving.stack.processes import Child, free_port
from serving.stack.stopping import stop_signal
from serving.stack.waiting import POLL_SECONDS, require_alive, wait_until_listening, wait_until_ready
from serving.store.errors import StoreError
from serving.store.running import Running, announced

# Longer than the gateway's own drain, so that it is never cut short.
GATEWAY_GRACE_SECONDS = 40.0
MODEL_SERVER_GRACE_SECONDS = 15.0


class _Files(NamedTuple):
    """The files that the servers read: the names to list and, unless a model server runs, the models."""

    models: Path
    config: Path | None


def serve(options: StackOptions) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, which a closed terminal sends.

    Raises:
        StackError: a server cannot start, is not ready in time, or ends.
    """
    require_free(options.host, options.port)
    names = servables.model_names(options.models_dir)
    options = replace(options, in_workers=commands.in_workers(options, os.environ))
    with stop_signal() as stop, ExitStack() as closing:
        files = _write_files(options, names, closing)
        address, children = options.model_server, list[Child]()
        if options.in_workers:
            say(f"Starting the gateway with {', '.join(names)} in its workers ...")
        elif files.config is not None:
            address, model_server = _start_model_server(files.config, options, names, closing)
            children.append(model_server)
            wait_until_listening(address, model_server, stop, options.ready_timeout)
        children.append(_start_gateway(options, names, address, files, closing))
        if wait_until_ready(options, children, stop):
            if files.config is not None and address is not None:  # workers announce themselves
                url = urls(options.host, options.port)[0]
                closing.enter_context(announced(options.models_dir, Running(address, url)))
            _say_how_to_try(options, names)
            _watch(options, files, children, stop)
        if stop.is_set():
            say("\nStopping.")


def _write_files(options: StackOptions, names: list[str], closing: ExitStack) -> _Files:
    folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="mnist-serving-")))
    models = servables.write_names(folder / "models.txt", names)
    ours = options.model_server is None
    return _Files(models, servables.models_config(folder, options.models_dir) if ours else None)


def _start_model_server(
    config: Path, options: StackOptions, names: list[str], closing: ExitStack
) -> tuple[str, Child]:
    binary = commands.model_server_binary(options)
    grpc_port, rest_port = free_port(), free_port()
    command = commands.model_server_command(binary, config=config, grpc_port=grpc_port, rest_port=rest_port)
    kind = f"TensorFlow Serving ({binary})" if binary else "the embedded model server"
    say(f"Starting {kind} for {', '.join(names)} and the gateway ...")
    child = Child("model server", command, commands.model_server_environment(os.environ))
    closing.callback(child.stop, MODEL_SERVER_GRACE_SECONDS)
    return f"127.0.0.1:{grpc_port}", child


def _start_gateway(
    options: StackOptions, names: list[str], address: str | None, files: _Files, closing: ExitStack
) -> Child:
    environ = commands.gateway_environment(
        os.environ,
        options,
        model_server=address,
        names=names,
        models_file=files.models,
        notice=servables.notice(options.models_dir),
    )
    if options.in_workers:
        environ = {
            **commands.model_server_environment(environ),
            commands.MODEL_CONFIG_FILE: str(files.config),
        }
    gateway = Child("gateway", commands.gateway_command(in_workers=options.in_workers), environ)
    closing.callback(gateway.stop, GATEWAY_GRACE_SECONDS)
    return gateway


def _watch(options: StackOptions, files: _Files, children: list[Child], stop: threading.Event) -> None:
    """Watch the servers, and the folder for models published under a new name."""
    told = ""
    while not stop.wait(POLL_SECONDS * 5):
        require_alive(children)
        if files.config is None:
            continue
        try:
            for name in servables.add_new_models(options.models_dir, files.config):
                servables.write_names(files.models, servables.model_names(options.models_dir))
                say(f"{name} is published and starts to serve.")
        except (StoreError, OSError) as error:
            if str(error) != told:
                told = str(error)
                say(f"Cannot look for new models: {error}")


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
    say("\n".join(lines), to=sys.stdout)
