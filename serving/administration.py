"""``python -m serving models``: which versions there are, and which of them serve.

The model server's configuration file is the one truth: every command reads it and changes it in one move.
With ``--server`` a running server is taken along first, step by step, so that no request fails. Without
a file, one is begun from the folders under ``--models-dir``.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2 as pb

if TYPE_CHECKING:
    # Its import takes seconds, and most commands can do without.
    from tensorflow_serving.apis import model_service_pb2_grpc

STABLE, CANARY = "stable", "canary"
# For a version to be loaded.
_SECONDS = 60
_EXAMPLES = """examples:
  python -m serving models list
  python -m serving models promote mnist 4              version 4 gets the label "stable" and serves
  python -m serving models promote mnist 5 --canary     version 5 serves beside it under the label "canary"
  python -m serving models rollback mnist               back to the version before the stable one
  python -m serving models remove mnist 2               delete version 2, which must not be serving
"""


class AdministrationError(Exception):
    """What was asked for cannot be done; the message says why and what to do."""


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit status: 0 done, 1 refused, 2 wrong use."""
    arguments = _parser().parse_args(list(argv))
    models_dir = arguments.models_dir.resolve()
    file = arguments.config or models_dir / "models.config"
    try:
        config = read(file, models_dir)
        if arguments.command == "list":
            print("\n".join(_lines(config)))
            return 0
        before = pb.ModelServerConfig()
        before.CopyFrom(config)
        done = _change(config, arguments)
        if arguments.server:
            switch(arguments.server, arguments.model, before, config, file)
        write(config, file)
        if arguments.command == "remove":
            shutil.rmtree(_versions(_entry(config, arguments.model))[arguments.version])
        print(done)
    except AdministrationError as error:
        print(f"python -m serving models: {error}", file=sys.stderr)
        return 1
    return 0


def read(file: Path, models_dir: Path) -> pb.ModelServerConfig:
    """Read the configuration, or begin one with every model under a folder.

    Raises:
        AdministrationError: for a file that is no configuration, or a folder without models.
    """
    config = pb.ModelServerConfig()
    if file.is_file():
        try:
            return text_format.Parse(file.read_text(), config)
        except text_format.ParseError as error:
            raise AdministrationError(f"{file} is not a model configuration: {error}") from error
    for folder in sorted(models_dir.iterdir()) if models_dir.is_dir() else ():
        entry = pb.ModelConfig(name=folder.name, base_path=str(folder), model_platform="tensorflow")
        if folder.is_dir() and _versions(entry):
            config.model_config_list.config.append(entry)
    if not config.model_config_list.config:
        raise AdministrationError(f"no models in {models_dir}; --models-dir or --config says where they are")
    return config


def write(config: pb.ModelServerConfig, file: Path) -> None:
    """Replace the configuration file in one move: the server may read it at any time."""
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text_format.MessageToString(config))
    aside.replace(file)


def promote(entry: pb.ModelConfig, version: int, label: str) -> str:
    """Give a version a label, and let it serve with the other labelled ones only.

    Raises:
        AdministrationError: when there is no such version.
    """
    _require(entry, version)
    entry.version_labels[label] = version
    if label == STABLE and entry.version_labels.get(CANARY) == version:
        del entry.version_labels[CANARY]
    _serve_labelled(entry)
    return f"{entry.name}: version {version} is {label} now"


def rollback(entry: pb.ModelConfig) -> str:
    """Go back to the version before the stable one, and let no canary fly.

    Raises:
        AdministrationError: when there is none before it.
    """
    now = entry.version_labels.get(STABLE) or max(serving(entry), default=0)
    before = max((version for version in _versions(entry) if version < now), default=None)
    if before is None:
        raise AdministrationError(f"{entry.name} has no version before {now} to go back to")
    entry.version_labels.clear()
    entry.version_labels[STABLE] = before
    _serve_labelled(entry)
    return f"{entry.name}: back from version {now} to {before}"


def remove(entry: pb.ModelConfig, version: int) -> str:
    """Check that a version may be deleted.

    Raises:
        AdministrationError: when it serves, or is not there.
    """
    _require(entry, version)
    if version in serving(entry):
        raise AdministrationError(
            f"version {version} of {entry.name} is serving; promote another one or roll back first"
        )
    return f"{entry.name}: version {version} removed"


def serving(entry: pb.ModelConfig) -> set[int]:
    """The versions on disk that the configuration lets serve."""
    found = sorted(_versions(entry), reverse=True)
    policy = entry.model_version_policy
    match policy.WhichOneof("policy_choice"):
        case "all":
            return set(found)
        case "specific":
            return set(found) & set(policy.specific.versions)
        case _:
            return set(found[: policy.latest.num_versions or 1])


def switch(
    address: str, model: str, before: pb.ModelServerConfig, after: pb.ModelServerConfig, file: Path
) -> None:
    """Take a running server from one configuration to the next without a gap.

    A server refuses a label for a version that is not loaded, so the versions of both are loaded first. The
    file goes along at every step: a server that reads it again meanwhile would undo what it was told.

    Raises:
        AdministrationError: when it cannot be reached, refuses, or cannot load a version.
    """
    import grpc
    from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc

    between = pb.ModelServerConfig()
    between.CopyFrom(before)
    entry, wanted = _entry(between, model), serving(_entry(after, model))
    both = serving(entry) | wanted
    entry.model_version_policy.Clear()
    entry.model_version_policy.specific.versions.extend(sorted(both))
    kept = file.read_bytes() if file.is_file() else None
    try:
        with grpc.insecure_channel(address) as channel:
            service = model_service_pb2_grpc.ModelServiceStub(channel)
            for config in (between, after):
                write(config, file)
                reload = model_management_pb2.ReloadConfigRequest(config=config)
                service.HandleReloadConfigRequest(reload, timeout=_SECONDS)
                _wait_for(service, model, wanted)
    except (grpc.RpcError, AdministrationError) as error:
        _put_back(file, kept)
        if isinstance(error, AdministrationError):
            raise
        raise AdministrationError(f"nothing is changed: {address} says {error.details()}") from error


def _put_back(file: Path, content: bytes | None) -> None:
    if content is None:
        file.unlink(missing_ok=True)
    else:
        aside = file.with_name(f".{file.name}.new")
        aside.write_bytes(content)
        aside.replace(file)


def _wait_for(service: model_service_pb2_grpc.ModelServiceStub, model: str, wanted: set[int]) -> None:
    """Wait until the versions are AVAILABLE."""
    from tensorflow_serving.apis import get_model_status_pb2

    states = get_model_status_pb2.ModelVersionStatus
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = model
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        found = {status.version: status for status in service.GetModelStatus(request).model_version_status}
        if all(number in found and found[number].state == states.AVAILABLE for number in wanted):
            return
        for number in wanted & found.keys():
            if found[number].status.error_code:
                reason = found[number].status.error_message
                raise AdministrationError(f"version {number} of {model} cannot be loaded: {reason}")
        time.sleep(0.1)
    raise AdministrationError(f"{model} was not loaded within {_SECONDS} s; its log says why")


def _change(config: pb.ModelServerConfig, arguments: argparse.Namespace) -> str:
    entry = _entry(config, arguments.model)
    match arguments.command:
        case "promote":
            return promote(entry, arguments.version, CANARY if arguments.canary else STABLE)
        case "rollback":
            return rollback(entry)
        case _:
            return remove(entry, arguments.version)


def _serve_labelled(entry: pb.ModelConfig) -> None:
    # Calls without a label get the highest version that serves: with a canary, callers name the label.
    entry.model_version_policy.Clear()
    entry.model_version_policy.specific.versions.extend(sorted(set(entry.version_labels.values())))


def _entry(config: pb.ModelServerConfig, name: str) -> pb.ModelConfig:
    for entry in config.model_config_list.config:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in config.model_config_list.config)
    raise AdministrationError(f"no model {name} in the configuration; there are: {known}")


def _versions(entry: pb.ModelConfig) -> dict[int, Path]:
    base = Path(entry.base_path)
    folders = base.iterdir() if base.is_dir() else ()
    return {int(folder.name): folder for folder in folders if folder.name.isdigit() and folder.is_dir()}


def _require(entry: pb.ModelConfig, version: int) -> None:
    found = _versions(entry)
    if version not in found:
        known = ", ".join(map(str, sorted(found))) or "none"
        raise AdministrationError(f"{entry.name} has no version {version}; there are: {known}")


def _lines(config: pb.ModelServerConfig) -> list[str]:
    lines = [f"{'model':20} {'version':>7}  {'serves':6}  labels"]
    for entry in config.model_config_list.config:
        chosen = serving(entry)
        for version in sorted(_versions(entry), reverse=True):
            labels = [label for label, number in sorted(entry.version_labels.items()) if number == version]
            row = (
                f"{entry.name:20} {version:7}  {'yes' if version in chosen else 'no':6}  {', '.join(labels)}"
            )
            lines.append(row.rstrip())
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving models",
        description="List, promote, roll back and remove published versions.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--models-dir", type=Path, default=Path("models"), help="published models [models]")
    common.add_argument("--config", type=Path, help="the model server's file [MODELS_DIR/models.config]")
    common.add_argument("--server", metavar="HOST:PORT", help="tell this model server over gRPC at once")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", parents=[common], help="versions, which of them serve, and their labels")
    chosen = commands.add_parser("promote", parents=[common], help="let a version serve")
    back = commands.add_parser("rollback", parents=[common], help="go back to the version before")
    gone = commands.add_parser("remove", parents=[common], help="delete a version that does not serve")
    for command in (chosen, back, gone):
        command.add_argument("model")
    for command in (chosen, gone):
        command.add_argument("version", type=int)
    chosen.add_argument("--canary", action="store_true", help="beside the stable one, under its own label")
    return parser
