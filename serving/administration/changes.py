"""How promote, rollback and remove change a model's entry in the configuration."""

from __future__ import annotations

from pathlib import Path

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.store import ledger
from serving.store.configuration import CANARY, STABLE, loaded, serve, stable, versions
from serving.store.errors import StoreError


def promote(entry: pb.ModelConfig, version: int, label: str) -> str:
    """Give a version a label, so that it and the other labelled versions serve.

    Raises:
        StoreError: there is no such version, or it is not what was published under its number.
    """
    _require(entry, version)
    if ledger.changed(Path(entry.base_path), version):
        raise StoreError(
            f"version {version} of {entry.name} differs from what was published under this number; restore "
            "it from a backup, or remove it and train again"
        )
    if label == CANARY and STABLE not in entry.version_labels:
        _keep_stable(entry, version)
    entry.version_labels[label] = version
    if label == STABLE and entry.version_labels.get(CANARY) == version:
        del entry.version_labels[CANARY]
    _serve_labelled(entry)
    return f"{entry.name}: version {version} is {label}"


def rollback(entry: pb.ModelConfig) -> str:
    """End a canary if there is one, else go back to the version before the stable one.

    Raises:
        StoreError: there is no earlier version.
    """
    now = stable(entry) or 0
    canary = entry.version_labels.get(CANARY)
    if canary is not None and entry.version_labels.get(STABLE):
        del entry.version_labels[CANARY]
        _serve_labelled(entry)
        return f"{entry.name}: version {canary} is no longer canary, version {now} is stable"
    model = Path(entry.base_path)
    sound = (version for version in versions(entry) if version < now and not ledger.changed(model, version))
    before = max(sound, default=None)
    if before is None:
        raise StoreError(f"{entry.name} has no version before {now} to go back to")
    entry.version_labels.clear()
    entry.version_labels[STABLE] = before
    _serve_labelled(entry)
    return f"{entry.name}: back from version {now} to {before}"


def remove(entry: pb.ModelConfig, version: int, running: set[int]) -> str:
    """Check that a version may be deleted.

    Args:
        entry: the model's entry in the configuration.
        version: the version to delete.
        running: versions that a running server has loaded.

    Raises:
        StoreError: the version serves, or does not exist.
    """
    _require(entry, version)
    if version in loaded(entry) | running:
        raise StoreError(
            f"version {version} of {entry.name} is loaded; promote another one or roll back first"
        )
    return f"{entry.name}: version {version} removed"


def _keep_stable(entry: pb.ModelConfig, canary: int) -> None:
    """Label the serving version as stable, because otherwise the canary would replace it."""
    now = max((version for version in loaded(entry) if version != canary), default=None)
    if now is not None:
        entry.version_labels[STABLE] = now


def _serve_labelled(entry: pb.ModelConfig) -> None:
    # Calls without a label get the highest version that serves: with a canary, callers name the label.
    serve(entry, entry.version_labels.values())


def _require(entry: pb.ModelConfig, version: int) -> None:
    found = versions(entry)
    if version not in found:
        known = ", ".join(map(str, found)) or "none"
        raise StoreError(f"{entry.name} has no version {version}; there are: {known}")
