"""Distributed training over several processes or GPUs: each replica takes its share of every batch.

TensorFlow's ``TF_CONFIG`` lists the workers. For numbered pods that train together (a Kubernetes JobSet), it
is built from ``WORKERS``, ``WORKER_ADDRESS`` and ``WORKER_INDEX``. The first worker is the chief: only the
chief evaluates and publishes. A machine with several GPUs uses all of them, which has not been tested.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from training.errors import BadArgument


@dataclass(frozen=True)
class Worker:
    """This process's place among the processes that train together.

    Attributes:
        index: number of this process; 0 is the chief.
        count: number of processes.
        tf_config: value to set ``TF_CONFIG`` to; empty if it is set already or not needed.
    """

    index: int = 0
    count: int = 1
    tf_config: str = ""

    @property
    def is_chief(self) -> bool:
        """Whether this process evaluates and publishes the model."""
        return self.index == 0


def worker(environ: Mapping[str, str]) -> Worker:
    """Read this process's place from ``TF_CONFIG`` or, without it, from ``WORKERS`` and its companions.

    Args:
        environ: the environment variables.

    Returns:
        The worker; a single one if the environment has neither.

    Raises:
        BadArgument: if ``TF_CONFIG`` cannot be parsed or its task is not a chief or worker that the cluster
            lists, or as ``numbered``.
    """
    text = environ.get("TF_CONFIG", "").strip()
    if not text:
        return numbered(environ) if environ.get("WORKERS", "").strip() else Worker()
    try:
        body = json.loads(text)
        cluster = body.get("cluster", {})
        chiefs, workers = cluster.get("chief", []), cluster.get("worker", [])
        kind, index = body["task"]["type"], int(body["task"]["index"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadArgument(f"TF_CONFIG cannot be read: {error}") from error
    if kind not in ("chief", "worker") or not 0 <= index < len(cluster.get(kind, [])):
        raise BadArgument(f"TF_CONFIG: the cluster does not list task {kind!r} {index} as a worker")
    return Worker(index if kind == "chief" else index + len(chiefs), len(chiefs) + len(workers))


def numbered(environ: Mapping[str, str]) -> Worker:
    """Build the worker, and its ``TF_CONFIG``, from ``WORKERS``, ``WORKER_INDEX`` and ``WORKER_ADDRESS``.

    Args:
        environ: ``WORKERS`` is the number of pods, ``WORKER_INDEX`` the number of this one, from 0, and
            ``WORKER_ADDRESS`` their address with ``{index}`` in place of the number.

    Raises:
        BadArgument: if one of the three is missing or invalid.
    """
    try:
        count, index = int(environ["WORKERS"]), int(environ["WORKER_INDEX"])
        addresses = [environ["WORKER_ADDRESS"].replace("{index}", str(number)) for number in range(count)]
    except (KeyError, ValueError) as error:
        raise BadArgument(f"WORKERS also needs WORKER_ADDRESS and a numeric WORKER_INDEX: {error}") from error
    if not 0 <= index < count or len(set(addresses)) != count:
        raise BadArgument(
            f"WORKER_INDEX must be from 0 to {count - 1}, not {index}, "
            "and WORKER_ADDRESS must contain {index}"
        )
    task = {"type": "worker", "index": index}
    return Worker(index, count, json.dumps({"cluster": {"worker": addresses}, "task": task}))


def strategy(this: Worker):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a type of TensorFlow, imported late
    """Return the ``tf.distribute.Strategy`` for this process; call it before TensorFlow computes anything."""
    import tensorflow as tf

    if this.tf_config:
        os.environ["TF_CONFIG"] = this.tf_config
    if this.count > 1:
        return tf.distribute.MultiWorkerMirroredStrategy()
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()
