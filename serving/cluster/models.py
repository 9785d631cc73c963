"""The file of models, and how promotion and rollback change it."""

from __future__ import annotations

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.store.configuration import CANARY, STABLE, serve
from serving.store.errors import StoreError


class ClusterError(StoreError):
    """The command cannot be carried out; the message says why and what to do."""


class NoAnswer(ClusterError):
    """A replica does not answer, for example because it is starting."""


def read(text: str) -> pb.ModelServerConfig:
    """Read a configuration.

    Raises:
        ClusterError: the text is not a configuration.
    """
    try:
        return text_format.Parse(text, pb.ModelServerConfig())
    except text_format.ParseError as error:
        raise ClusterError(f"models.config is not a model configuration: {error}") from error


def write(config: pb.ModelServerConfig) -> str:
    """A configuration as text."""
    return str(text_format.MessageToString(config))


def named(entry: pb.ModelConfig) -> set[int]:
    """The versions that the configuration names; empty if the newest version serves, whichever it is."""
    return set(entry.model_version_policy.specific.versions)


def promote(entry: pb.ModelConfig, version: int, serving: int, *, canary: bool) -> None:
    """Make a version stable, or a canary beside the one that serves.

    Args:
        entry: the model's entry in the configuration, which is changed.
        version: the version.
        serving: the version that currently answers calls without a label.
        canary: whether it serves beside the stable version, under its own label, instead of replacing it.
    """
    stable = entry.version_labels.get(STABLE, serving)
    entry.version_labels.clear()
    entry.version_labels[STABLE] = stable if canary else version
    if canary:
        entry.version_labels[CANARY] = version
    serve(entry, entry.version_labels.values())
