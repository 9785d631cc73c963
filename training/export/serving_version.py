"""The serving version: the one that a new model would replace."""

from __future__ import annotations

from pathlib import Path

from serving.administration.model_server import ModelServer
from serving.store import configuration, running
from serving.store.configuration import CONFIG_FILE
from serving.store.errors import StoreError
from serving.store.layout import versions
from training.errors import PublicationError


def find(model: Path, config: Path | None) -> int | None:
    """Return the version that serves: the one that the configuration names, else the newest.

    If model servers that run on the folder could not load that version, it is the newest that they all serve.

    Args:
        model: ``<models_dir>/<name>``.
        config: the model server's configuration; None takes ``models.config`` in the models folder.

    Returns:
        The version's number; None if there is no version.

    Raises:
        PublicationError: if ``config`` does not exist, or the configuration cannot be parsed.
    """
    configured = _configured(model, config)
    answering = _answering(model)
    return max(answering) if answering and configured not in answering else configured


def check(model: Path, config: Path | None) -> None:
    """Check the configuration before anything is trained; arguments and errors as in ``find``."""
    _configured(model, config)


def _configured(model: Path, config: Path | None) -> int | None:
    if config is not None and not config.is_file():
        raise PublicationError(f"--models-config {config}: there is no such file")
    try:
        parsed = configuration.parse(config or model.parent / CONFIG_FILE)
    except StoreError as error:
        raise PublicationError(f"the serving version is unknown: {error}") from error
    for entry in parsed.model_config_list.config:
        if entry.name == model.name:
            entry.base_path = str(model)  # the server may see it under another path
            return configuration.stable(entry)
    return max(versions(model), default=None)


def _answering(model: Path) -> set[int]:
    """Return the versions that all running servers serve; empty if no server runs or one does not answer."""
    servers = running.find(model.parent)
    try:
        found = [ModelServer(each.model_server).serves(model.name) for each in servers]
    except StoreError:
        return set()
    return set.intersection(*found) if found else set()
