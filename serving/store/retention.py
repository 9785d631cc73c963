"""Which versions retention removes, and how versions are deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.store.configuration import loaded, versions
from serving.store.errors import StoreError


def prunable(entry: pb.ModelConfig, keep: int, running: set[int]) -> list[int]:
    """The versions that retention removes: all but the ``keep`` newest and those that serve.

    Args:
        entry: the model's entry in the configuration.
        keep: number of newest versions to keep, at least 1.
        running: versions that a running server has loaded.
    """
    protected = set(versions(entry)[-keep:]) | loaded(entry) | running | set(entry.version_labels.values())
    return [version for version in versions(entry) if version not in protected]


def delete(model: Path, version: int) -> None:
    """Rename a version, then delete it, so that a model server never finds half of it.

    What an earlier command left when it was killed is deleted too.

    Raises:
        StoreError: the version cannot be removed.
    """
    folder = model / str(version)
    try:
        for left in model.glob(".removed-*"):
            shutil.rmtree(left)
        aside = folder.rename(folder.with_name(f".removed-{version}"))
        shutil.rmtree(aside)
    except OSError as error:
        raise StoreError(f"{folder} cannot be removed: {error.strerror}") from error
