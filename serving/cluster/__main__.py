"""The command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.cluster import models
from serving.cluster.kubectl import FILE, Kubectl
from serving.cluster.models import ClusterError, NoAnswer
from serving.cluster.switching import PREVIOUS, switch
from serving.store.configuration import entry_of
from serving.store.errors import StoreError

_EXAMPLES = """examples:
  python -m serving.cluster list
  python -m serving.cluster promote mnist 4 --canary   version 4 answers /labels/canary beside the stable one
  python -m serving.cluster promote mnist 4            version 4 serves alone on every replica
  python -m serving.cluster rollback mnist             back to the version before the last change
  python -m serving.cluster rollback mnist --to 2      back to a version of your choice

Every command waits until all replicas say that it is done: a changed ConfigMap reaches a pod within about a
minute. With --write FILE the new configuration is also written for the repository, or the next apply of the
old one takes it back.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 refused, 2 wrong use, 130 interrupted."""
    arguments = _parser().parse_args(argv)
    cluster = Kubectl(arguments.namespace)
    try:
        if arguments.command == "list":
            print("\n".join(_lines(cluster)))
            return 0
        _require_writable(arguments.write)
        config = switch(cluster, arguments.model, _change(cluster, arguments), arguments.timeout)
    except StoreError as error:
        print(f"python -m serving.cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("python -m serving.cluster: interrupted", file=sys.stderr)
        return 130
    if arguments.write:
        arguments.write.write_text(models.write(config))
    labels = dict(entry_of(config, arguments.model).version_labels)
    print(
        f"{arguments.model}: " + ", ".join(f"{label} is version {labels[label]}" for label in sorted(labels))
    )
    return 0


def _require_writable(file: Path | None) -> None:
    """Refuse a ``--write`` that would fail after the cluster has changed.

    Raises:
        ClusterError: the file cannot be written.
    """
    if file is None:
        return
    known = file.exists()
    try:
        file.open("a").close()
        if not known:
            file.unlink()
    except OSError as error:
        raise ClusterError(f"nothing is changed: {file} cannot be written: {error.strerror}") from error


def _change(cluster: Kubectl, arguments: argparse.Namespace) -> Callable[[pb.ModelConfig, int], None]:
    if arguments.command == "promote":
        return partial(_promote, arguments.version, arguments.canary)
    to = arguments.to
    if to is None:
        noted = cluster.config_map()["metadata"].get("annotations", {})
        to = noted.get(f"{PREVIOUS}.{arguments.model}")
        if to is None:
            raise ClusterError(f"no earlier version of {arguments.model} is recorded; name one with --to")
    return partial(_promote, int(to), False)


def _promote(version: int, canary: bool, entry: pb.ModelConfig, now: int) -> None:
    models.promote(entry, version, now, canary=canary)


def _lines(cluster: Kubectl) -> list[str]:
    config = models.read(cluster.config_map()["data"][FILE])
    lines = [f"{'model':16} {'version':>7}  {'state':10} {'labels':14} replica"]
    for entry in config.model_config_list.config:
        for pod in cluster.replicas():
            lines += _lines_of(cluster, pod, entry)
    return lines


def _lines_of(cluster: Kubectl, pod: str, entry: pb.ModelConfig) -> list[str]:
    """One replica's versions of one model, newest first."""
    try:
        found = cluster.versions(pod, entry.name)
    except NoAnswer as error:
        return [f"{entry.name:16} {'-':>7}  {'no answer':10} {'':14} {error}"]
    lines = []
    for version, (state, message) in sorted(found.items(), reverse=True):
        labels = ",".join(sorted(label for label, at in entry.version_labels.items() if at == version))
        lines.append(f"{entry.name:16} {version:7}  {state:10} {labels:14} {pod} {message}".rstrip())
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.cluster",
        description="Show and change the versions that serve in a Kubernetes cluster.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--namespace", default="mnist", help="namespace of the deployment [mnist]")
    changing = argparse.ArgumentParser(add_help=False)
    changing.add_argument("model")
    changing.add_argument(
        "--timeout",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="time limit of each of two steps [300]",
    )
    changing.add_argument(
        "--write", type=Path, metavar="FILE", help="also write the configuration to this file"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", parents=[common], help="versions on every replica, and their labels")
    chosen = commands.add_parser("promote", parents=[common, changing], help="make a version serve")
    chosen.add_argument("version", type=int)
    chosen.add_argument("--canary", action="store_true", help="serve it beside the stable version, as canary")
    back = commands.add_parser("rollback", parents=[common, changing], help="go back to an earlier version")
    back.add_argument(
        "--to", type=int, metavar="VERSION", help="version to go back to [the one before the last change]"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
