"""The file of models: what promoting and rolling back change in it."""

from __future__ import annotations

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.store.configuration import CANARY, STABLE
from serving.store.errors import StoreError


class ClusterError(StoreError):
    """What was asked for cannot be done; the message says why and what to do."""


class NoAnswer(ClusterError):
    """A replica does not answer, as one that is starting does not."""


def read(text: str) -> pb.ModelServerConfig:
    """Read a configuration.

    Raises:
        ClusterError: for a text that is none.
    """
    try:
        return text_format.Parse(text, pb.ModelServerConfig())
    except text_format.ParseError as error:
        raise ClusterError(f"models.config is not a model configuration: {error}") from error


def write(config: pb.ModelServerConfig) -> str:
    """A configuration as text."""
    return str(text_format.MessageToString(config))


def named(entry: pb.ModelConfig) -> set[int]:
    """The versions that the configuration names; none where the newest serves, whichever that is."""
    return set(entry.model_version_policy.specific.versions)


def serve(entry: pb.ModelConfig, versions: set[int]) -> None:
    """Let these versions serve and no other."""
    entry.model_version_policy.Clear()
    entry.model_version_policy.specific.versions.extend(sorted(versions))


def promote(entry: pb.ModelConfig, version: int, serving: int, *, canary: bool) -> None:
    """Make a version stable, or a canary beside the one that serves.

    Args:
        entry: the model's part of the configuration, which is changed.
        version: the version.
        serving: the version that answers calls without a label now.
        canary: beside the stable version, under a label of its own, instead of in its place.
    """
    stable = entry.version_labels.get(STABLE, serving)
    entry.version_labels.clear()
    entry.version_labels[STABLE] = stable if canary else version
    if canary:
        entry.version_labels[CANARY] = version
    serve(entry, set(entry.version_labels.values()))
