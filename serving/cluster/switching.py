"""Switches all replicas to another configuration, so that every label has a version at any time."""

from __future__ import annotations

import time
from collections.abc import Callable

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.cluster import models
from serving.cluster.kubectl import FILE, Kubectl
from serving.cluster.models import ClusterError, NoAnswer
from serving.store.configuration import entry_of, serve
from serving.store.errors import StoreError

PREVIOUS = "mnist-serving/previous"
AVAILABLE, GONE = "AVAILABLE", "END"
_POLL_SECONDS = 2.0


def serving_now(cluster: Kubectl, model: str) -> int:
    """The version that answers calls without a label.

    Raises:
        ClusterError: no replica runs, none has a version, or they differ.
    """
    replicas = cluster.replicas()
    if not replicas:
        raise ClusterError("no model server runs")
    newest = {
        max((v for v, (state, _) in cluster.versions(pod, model).items() if state == AVAILABLE), default=0)
        for pod in replicas
    }
    if len(newest) > 1 or 0 in newest:
        raise ClusterError(
            f"the replicas serve different versions of {model}: {sorted(newest)}; wait, or list them"
        )
    return newest.pop()


def switch(
    cluster: Kubectl, model: str, change: Callable[[pb.ModelConfig, int], None], seconds: float
) -> pb.ModelServerConfig:
    """Change a model's versions on every replica; returns the new configuration.

    A server refuses a label for a version that it has not loaded, so the versions of both configurations are
    loaded first. If a replica cannot load one, the earlier configuration is restored.

    Args:
        cluster: the cluster.
        model: the model.
        change: changes the model's entry, given the version that serves now.
        seconds: how long to wait for each of the two steps.

    Raises:
        ClusterError: the switch failed, or Ctrl-C interrupted it. The message says whether anything has
            changed.
    """
    before = cluster.config_map()["data"][FILE]
    config = models.read(before)
    entry = entry_of(config, model)
    now = serving_now(cluster, model)
    change(entry, now)
    wanted = models.named(entry)
    between = models.read(before)
    serve(entry_of(between, model), wanted | {now} | models.named(entry_of(between, model)))
    try:
        cluster.replace(models.write(between), {})
        _wait(cluster, model, seconds, wanted, exactly=False)
        cluster.replace(models.write(config), {f"{PREVIOUS}.{model}": str(now)})
        _wait(cluster, model, seconds, wanted, exactly=True)
    except (StoreError, KeyboardInterrupt) as error:
        raise ClusterError(_restored(cluster, before, str(error) or "interrupted")) from error
    return config


def _restored(cluster: Kubectl, before: str, reason: str) -> str:
    """Restore the file of models; returns a sentence about the result."""
    try:
        cluster.replace(before, {})
    except ClusterError as error:
        return (
            f"{reason}. The earlier file of models could not be restored either: {error}. "
            "Run `python -m serving.cluster list`, then roll back"
        )
    return f"nothing is changed: {reason}"


def _wait(cluster: Kubectl, model: str, seconds: float, wanted: set[int], *, exactly: bool) -> None:
    """Wait until every replica serves these versions, and no other ones if ``exactly``."""
    end = time.monotonic() + seconds
    while True:
        behind = [
            pod for pod in cluster.replicas() if not _serves(cluster, pod, model, wanted, exactly=exactly)
        ]
        if not behind:
            return
        if time.monotonic() > end:
            raise ClusterError(f"{', '.join(behind)} did not switch within {seconds:g} s")
        time.sleep(_POLL_SECONDS)


def _serves(cluster: Kubectl, pod: str, model: str, wanted: set[int], *, exactly: bool) -> bool:
    try:
        found = cluster.versions(pod, model)
    except NoAnswer:
        return False
    for version in wanted & found.keys():
        state, message = found[version]
        if state == GONE and message:
            raise ClusterError(f"{pod} cannot load version {version} of {model}: {message}")
    available = {version for version, (state, _) in found.items() if state == AVAILABLE}
    return available == wanted if exactly else wanted <= available
