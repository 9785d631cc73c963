"""The command line."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.administration import changes
from serving.administration.configuration import entry_of, read, versions, write
from serving.administration.errors import AdministrationError
from serving.administration.running_server import switch

_EXAMPLES = """examples:
  python -m serving models list
  python -m serving models promote mnist 4              version 4 gets the label "stable" and serves
  python -m serving models promote mnist 5 --canary     version 5 serves beside it under the label "canary"
  python -m serving models rollback mnist               back to the version before the stable one
  python -m serving models remove mnist 2               delete version 2, which must not be serving
"""


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
            shutil.rmtree(versions(entry_of(config, arguments.model))[arguments.version])
        print(done)
    except AdministrationError as error:
        print(f"python -m serving models: {error}", file=sys.stderr)
        return 1
    return 0


def _change(config: pb.ModelServerConfig, arguments: argparse.Namespace) -> str:
    entry = entry_of(config, arguments.model)
    match arguments.command:
        case "promote":
            label = changes.CANARY if arguments.canary else changes.STABLE
            return changes.promote(entry, arguments.version, label)
        case "rollback":
            return changes.rollback(entry)
        case _:
            return changes.remove(entry, arguments.version)


def _lines(config: pb.ModelServerConfig) -> list[str]:
    lines = [f"{'model':20} {'version':>7}  {'serves':6}  labels"]
    for entry in config.model_config_list.config:
        chosen = changes.serving(entry)
        for version in sorted(versions(entry), reverse=True):
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
