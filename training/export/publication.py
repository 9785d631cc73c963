"""The models folder: checked before training, and pruned after publishing."""

from __future__ import annotations

import secrets
from pathlib import Path

from serving.store import configuration, retention
from serving.store.configuration import CONFIG_FILE
from serving.store.errors import StoreError
from training.errors import PublicationError


def check_writable(models_dir: Path, name: str) -> Path:
    """Create the folder of a model and check that it can be written, before anything is trained for it.

    Returns:
        ``<models_dir>/<name>``.

    Raises:
        PublicationError: if it cannot be written; the message names the folder and the reason.
    """
    model = models_dir / name
    try:
        model.mkdir(parents=True, exist_ok=True)
        probe = model / f".probe-{secrets.token_hex(4)}"
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise PublicationError(
            f"the models folder {model} cannot be written: {error.strerror}; pass another --models-dir"
        ) from error
    return model


def prune(model: Path, keep: int, config: Path | None) -> list[int]:
    """Remove old versions: all but the newest and those that the configuration serves.

    Args:
        model: ``<models_dir>/<name>``.
        keep: number of newest versions to keep.
        config: the model server's configuration; None takes ``models.config`` in the models folder.

    Returns:
        The versions that were removed.

    Raises:
        PublicationError: if the configuration cannot be read, or a folder cannot be removed.
    """
    models_dir = model.parent.resolve()
    try:
        with configuration.locked(models_dir):
            whole = configuration.read(config or models_dir / CONFIG_FILE, models_dir)
            entry = configuration.entry_of(whole, model.name)
            entry.base_path = str(models_dir / model.name)  # the server may see it under another path
            gone = retention.prunable(entry, keep, set())
            for version in gone:
                retention.delete(model, version)
    except StoreError as error:
        raise PublicationError(f"old versions could not be removed: {error}") from error
    return gone
