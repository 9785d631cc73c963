"""One training over several processes or GPUs: each replica takes its share of every batch.

``TF_CONFIG``, as job controllers set it, names the workers; the first is the chief, which alone judges and
publishes. A machine with several GPUs uses all of them. Untested on GPUs: none with TensorFlow was at hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from training.errors import BadArgument


@dataclass(frozen=True)
class Worker:
    """This process among those that train together.

    Attributes:
        index: from 0, the chief.
        count: how many there are.
    """

    index: int = 0
    count: int = 1

    @property
    def is_chief(self) -> bool:
        """Whether this process judges and publishes."""
        return self.index == 0


def worker(environ: Mapping[str, str]) -> Worker:
    """This process as ``TF_CONFIG`` describes it; alone without one.

    Raises:
        BadArgument: for a ``TF_CONFIG`` that cannot be read, or with other kinds of tasks than workers.
    """
    text = environ.get("TF_CONFIG", "").strip()
    if not text:
        return Worker()
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


def strategy(this: Worker):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a type of TensorFlow, imported late
    """The strategy for this process; must be made before anything is computed."""
    import tensorflow as tf

    if this.count > 1:
        return tf.distribute.MultiWorkerMirroredStrategy()
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()
