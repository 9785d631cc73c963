"""The table of ``python -m serving models list``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.administration.model_server import ModelServer
from serving.store import layout, ledger
from serving.store.configuration import loaded, versions

_ROW = "{:20} {:>7}  {:8}  {:16}  {}"


def lines(config: pb.ModelServerConfig, servers: Sequence[ModelServer]) -> list[str]:
    """The lines of the table: every version, whether it serves, its labels, and the run that trained it.

    Args:
        config: the configuration, which says what serves at the next start.
        servers: the running servers, whose answers take precedence over the configuration.

    Raises:
        StoreError: a server does not say what it serves.
    """
    if servers:
        head = f"what serves now, at {', '.join(server.address for server in servers)}"
    else:
        head = "no server runs on this folder; what serves at the next start"
    table = [head, _ROW.format("model", "version", "serves", "labels", "run")]
    for entry in config.model_config_list.config:
        ready = _loaded(entry, servers)
        for version in reversed(versions(entry)):
            serves = "no" if version not in ready else "yes" if version == max(ready) else "loaded"
            labels = [label for label, number in sorted(entry.version_labels.items()) if number == version]
            table.append(
                _ROW.format(entry.name, version, serves, ",".join(labels) or "-", _run(entry, version))
            )
    return [line.rstrip() for line in table]


def _loaded(entry: pb.ModelConfig, servers: Sequence[ModelServer]) -> set[int]:
    """The versions that every server serves or, without a server, will serve after the next start."""
    if not servers:
        return loaded(entry)
    return set.intersection(*(server.serves(entry.name) for server in servers))


def _run(entry: pb.ModelConfig, version: int) -> str:
    model = Path(entry.base_path)
    if ledger.changed(model, version):
        return "not what was published under this number"
    known = ledger.entries(model).get(version)
    card = layout.card_of(model / str(version))
    return (known.run_id if known else card.run_id if card else "") or "-"
