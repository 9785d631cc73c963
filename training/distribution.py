"""One training over several processes or GPUs: each replica takes its share of every batch.

``TF_CONFIG`` names the workers, as TensorFlow defines it. Where numbered pods train together (a Kubernetes
JobSet), it is made from ``WORKERS``, ``WORKER_ADDRESS`` and ``WORKER_INDEX``. The
first worker is the chief, which alone judges and publishes. A machine with several GPUs uses all of them.
Untested on GPUs: none with TensorFlow was at hand.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from training.errors import BadArgument


@dataclass(frozen=True)
class Worker:
    """This process among those that train together.

    Attributes:
        index: from 0, the chief.
        count: how many there are.
        tf_config: what TensorFlow has to find in ``TF_CONFIG``; empty where that is set already.
    """

    index: int = 0
    count: int = 1
    tf_config: str = ""

    @property
    def is_chief(self) -> bool:
        """Whether this process judges and publishes."""
        return self.index == 0


def worker(environ: Mapping[str, str]) -> Worker:
    """This process as ``TF_CONFIG`` or its number describes it; alone without either.

    Raises:
        BadArgument: for a ``TF_CONFIG`` that cannot be read, or with other kinds of tasks than workers, and
            for a number that is none of the workers.
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
        raise BadArgument(f"TF_CONFIG: task {kind!r} {index} is none of the workers that the cluster lists")
    return Worker(index if kind == "chief" else index + len(chiefs), len(chiefs) + len(workers))


def numbered(environ: Mapping[str, str]) -> Worker:
    """This process as one of ``WORKERS`` pods, told apart by ``WORKER_INDEX``.

    ``WORKER_ADDRESS`` is the address of each, with ``{index}`` in place of its number.

    Raises:
        BadArgument: when one of the three is missing or is not what it should be.
    """
    try:
        count, index = int(environ["WORKERS"]), int(environ["WORKER_INDEX"])
        addresses = [environ["WORKER_ADDRESS"].replace("{index}", str(number)) for number in range(count)]
    except (KeyError, ValueError) as error:
        raise BadArgument(
            f"WORKERS needs WORKER_ADDRESS and WORKER_INDEX, a number, beside it: {error}"
        ) from error
    if not 0 <= index < count or len(set(addresses)) != count:
        raise BadArgument(
            f"worker {index} is none of {count}, or WORKER_ADDRESS does not tell them apart by {{index}}"
        )
    task = {"type": "worker", "index": index}
    return Worker(index, count, json.dumps({"cluster": {"worker": addresses}, "task": task}))


def strategy(this: Worker):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a type of TensorFlow, imported late
    """The strategy for this process; must be made before anything is computed."""
    import tensorflow as tf

    if this.tf_config:
        os.environ["TF_CONFIG"] = this.tf_config
    if this.count > 1:
        return tf.distribute.MultiWorkerMirroredStrategy()
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()
