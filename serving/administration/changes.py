"""Promote, roll back, remove: what each changes in a model's part of the configuration."""

from __future__ import annotations

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.administration.configuration import versions
from serving.administration.errors import AdministrationError

STABLE, CANARY = "stable", "canary"


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
    before = max((version for version in versions(entry) if version < now), default=None)
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
    found = sorted(versions(entry), reverse=True)
    policy = entry.model_version_policy
    match policy.WhichOneof("policy_choice"):
        case "all":
            return set(found)
        case "specific":
            return set(found) & set(policy.specific.versions)
        case _:
            return set(found[: policy.latest.num_versions or 1])


def _serve_labelled(entry: pb.ModelConfig) -> None:
    # Calls without a label get the highest version that serves: with a canary, callers name the label.
    entry.model_version_policy.Clear()
    entry.model_version_policy.specific.versions.extend(sorted(set(entry.version_labels.values())))


def _require(entry: pb.ModelConfig, version: int) -> None:
    found = versions(entry)
    if version not in found:
        known = ", ".join(map(str, sorted(found))) or "none"
        raise AdministrationError(f"{entry.name} has no version {version}; there are: {known}")
