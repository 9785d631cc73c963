"""One loaded SavedModel version: its signatures and a session that runs them.

It uses a graph session instead of ``tf.saved_model.load``: a call of a small model takes less than half the
time of the eager signature (``benchmarks/model_server``), errors come from the same layer as in TensorFlow
Serving, and closing the session frees the variables at once.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2, saved_model_pb2

from serving.model_server.batching import BatchScheduler
from serving.model_server.signature import ServableSignature, check_feeds, has_aborting_kernels, signature
from serving.model_server.status import Code, StatusError, not_found
from serving.wire.tensors import Array

Run = Callable[..., list[Array]]

_MOST_CALLABLES = 64


class Servable:
    """A version in memory.

    Attributes:
        signatures: by name.
    """

    def __init__(
        self,
        session: tf.compat.v1.Session,
        meta: meta_graph_pb2.MetaGraphDef,
        batcher: BatchScheduler | None = None,
    ) -> None:
        self._batcher = batcher
        self.signatures = {name: signature(name, meta.signature_def[name]) for name in meta.signature_def}
        self._session = session
        self._callables: dict[tuple[str, ...], Run] = {}
        self._guarded = has_aborting_kernels(meta)
        self._lock = threading.Lock()

    def run(
        self, signature: ServableSignature, feeds: Sequence[Array], outputs: Sequence[str]
    ) -> list[Array]:
        """Run a signature.

        Args:
            signature: one of ``signatures``.
            feeds: an array for each of ``signature.inputs``, in that order.
            outputs: aliases of what to fetch.

        Raises:
            StatusError: INVALID_ARGUMENT, dtype or shape is wrong; or an error of a kernel.
        """
        check_feeds(signature, feeds, shapes=self._guarded)
        run = partial(self._run, signature, outputs)
        if self._batcher is None:
            return run(feeds)
        return self._batcher.run((id(self), signature.name, *outputs), run, feeds)

    def close(self) -> None:
        """Free the session, its variables and its graph. No call may be running."""
        self._callables.clear()
        self._session.close()
        del self._session
        # A graph is full of reference cycles; without a collection, memory grows with every version.
        gc.collect()

    def _run(
        self, signature: ServableSignature, outputs: Sequence[str], feeds: Sequence[Array]
    ) -> list[Array]:
        try:
            return [_array(result) for result in self._callable(signature, outputs)(*feeds)]
        except tf.errors.OpError as error:
            raise StatusError(Code(error.error_code), error.message) from error

    def _callable(self, signature: ServableSignature, outputs: Sequence[str]) -> Run:
        key = (signature.name, *outputs)
        found = self._callables.get(key)
        if found is None:
            options = config_pb2.CallableOptions(
                feed=[signature.definition.inputs[alias].name for alias in signature.inputs],
                fetch=[signature.definition.outputs[alias].name for alias in outputs],
            )
            # In the thread of the request: handing a small graph over costs more than running it.
            options.run_options.inter_op_thread_pool = -1
            with self._lock:
                if len(self._callables) >= _MOST_CALLABLES:
                    self._callables.clear()
                # Not public, but Session.run takes twice as long: it looks up names in every call.
                found = self._callables[key] = self._session._make_callable_from_options(options)
        return found


def load(
    path: Path, tags: Sequence[str], config: config_pb2.ConfigProto, batcher: BatchScheduler | None = None
) -> Servable:
    """Load a SavedModel folder.

    Raises:
        StatusError: NOT_FOUND, there is no model or it lacks the tags; DATA_LOSS, it is unreadable; or an
            error of TensorFlow.
    """
    _read(path)
    graph = tf.Graph()
    session = tf.compat.v1.Session(graph=graph, config=config)
    try:
        with graph.as_default():
            meta = tf.compat.v1.saved_model.load(session, list(tags), str(path))
        return Servable(session, meta, batcher)
    except tf.errors.OpError as error:
        session.close()
        raise StatusError(Code(error.error_code), error.message) from error
    except (RuntimeError, ValueError, TypeError, OSError) as error:
        session.close()
        raise StatusError(Code.INVALID_ARGUMENT, f"Cannot load {path}: {error}") from error


def _read(path: Path) -> None:
    """Read the file first, so that errors say what is wrong with it."""
    file = path / "saved_model.pb"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise not_found(
            "Specified file path does not appear to contain a SavedModel bundle (should have a file called "
            f"`saved_model.pb`)\nSpecified file path: {path}"
        ) from error
    try:
        saved_model_pb2.SavedModel.FromString(content)
    except DecodeError as error:
        raise StatusError(Code.DATA_LOSS, f"Can't parse {file} as binary proto") from error


def _array(result: Array | np.generic | bytes) -> Array:
    """Wrap scalars, which the session returns bare."""
    if isinstance(result, np.ndarray):
        return result
    return np.array(result, object if isinstance(result, bytes) else None)
