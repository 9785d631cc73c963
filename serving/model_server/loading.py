"""How versions are loaded: with which threads and tags, and how they are warmed up."""

from __future__ import annotations

from pathlib import Path

from tensorflow.core.protobuf import config_pb2

from serving.model_server import servable, warmup
from serving.model_server.batching import BatchScheduler
from serving.model_server.catalog import Catalog
from serving.model_server.flags import Flags
from serving.model_server.loaded_version import Retries
from serving.model_server.servable import Servable


def make_catalog(flags: Flags, batcher: BatchScheduler | None) -> Catalog:
    """Create an empty catalog that loads versions as the flags say."""
    parallelism = flags.tensorflow_session_parallelism
    # By default one thread per operation: for small models, handing work to other threads costs more than it
    # saves (benchmarks/model_server), and concurrent requests use the other cores.
    session = config_pb2.ConfigProto(
        intra_op_parallelism_threads=flags.tensorflow_intra_op_parallelism or parallelism or 1,
        inter_op_parallelism_threads=flags.tensorflow_inter_op_parallelism or parallelism,
    )
    tags = flags.saved_model_tags.split(",")

    def load(path: Path) -> Servable:
        loaded = servable.load(path, tags, session, batcher)
        if flags.enable_model_warmup:
            warmup.warm_up(loaded, path, max(flags.num_request_iterations_for_warmup, 1))
        return loaded

    return Catalog(
        load,
        Retries(flags.max_num_load_retries, flags.load_retry_interval_micros / 1e6),
        poll_seconds=flags.file_system_poll_wait_seconds,
        labels_may_wait=flags.allow_version_labels_for_unavailable_models,
    )
