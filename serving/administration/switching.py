"""Switches running model servers to another configuration without a gap, or back if that fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.administration.model_server import ModelServer, Unreachable
from serving.store.configuration import entry_of, loaded, replace, serve, write
from serving.store.errors import StoreError


def switch(
    servers: Sequence[ModelServer],
    model: str,
    before: pb.ModelServerConfig,
    after: pb.ModelServerConfig,
    file: Path,
) -> None:
    """Switch running servers to another configuration without a gap.

    A server refuses a label for a version that is not loaded, so the versions of both configurations are
    loaded first. The file changes at every step too, because otherwise a server that reads it in between
    would undo the step.

    Args:
        servers: all servers that use the file.
        model: the model whose entry changes.
        before: the current configuration.
        after: the new configuration.
        file: the configuration file.

    Raises:
        StoreError: a server cannot be reached, refuses, or cannot load a version; or Ctrl-C interrupts. The
            message says whether everything is as before, and what serves if it is not.
    """
    kept = file.read_bytes() if file.is_file() else None
    try:
        for server in servers:
            server.versions(model)  # before anything is changed: is it there?
    except StoreError as error:
        raise StoreError(f"nothing is changed: {error}") from error
    told: list[ModelServer] = []
    try:
        _go(servers, model, before, after, file, told)
    except (StoreError, KeyboardInterrupt) as error:
        reason = str(error) or "interrupted"
        raise StoreError(_undo(reason, told, model, before, after, (file, kept))) from error


def _go(
    servers: Sequence[ModelServer],
    model: str,
    before: pb.ModelServerConfig,
    after: pb.ModelServerConfig,
    file: Path,
    told: list[ModelServer],
) -> None:
    wanted = loaded(entry_of(after, model))
    for config in (_both(before, after, model), after):
        write(config, file)
        for server in servers:
            told.append(server)
            server.reload(config)
            server.wait_for(model, wanted)
    for server in servers:
        server.wait_for(model, wanted, alone=True)


def _undo(
    error: str,
    told: Sequence[ModelServer],
    model: str,
    before: pb.ModelServerConfig,
    after: pb.ModelServerConfig,
    content: tuple[Path, bytes | None],
) -> str:
    """Restore the file and every server that was changed; returns a sentence about the result."""
    replace(*content)
    wanted, left = loaded(entry_of(before, model)), []
    for server in dict.fromkeys(told):
        try:
            if not wanted <= server.serves(model):
                server.reload(_both(before, after, model))
                server.wait_for(model, wanted)
            server.reload(before)
            server.wait_for(model, wanted)
        except StoreError:
            left.append(f"{server.address} {_serving(server, model)}")
    if not left:
        return f"nothing is changed: {error}"
    return (
        f"{error}. The configuration file is as before, but {'; '.join(left)}. "
        "Run `python -m serving models list` when it answers again."
    )


def _serving(server: ModelServer, model: str) -> str:
    try:
        found = ", ".join(map(str, sorted(server.serves(model)))) or "none"
    except Unreachable:
        return "no longer answers"
    except StoreError:
        return "does not say what it serves"
    return f"could not be restored and now serves these versions of {model}: {found}"


def _both(before: pb.ModelServerConfig, after: pb.ModelServerConfig, model: str) -> pb.ModelServerConfig:
    """The configuration from before, with the versions of both configurations."""
    between = pb.ModelServerConfig()
    between.CopyFrom(before)
    entry = entry_of(between, model)
    serve(entry, loaded(entry) | loaded(entry_of(after, model)))
    return between
