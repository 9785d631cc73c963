"""One loaded SavedModel version: its signatures and a session that runs them.

A graph session rather than ``tf.saved_model.load``: one call of a small model takes less than half the time
of the eager signature (``benchmarks/model_server``), errors come from the same layer as in TensorFlow
Serving, and closing the session frees the variables at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.framework import tensor_shape_pb2
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2, saved_model_pb2

from serving.model_server.arrays import Array
from serving.model_server.batching import Batcher
from serving.model_server.status import Code, StatusError, invalid_argument, not_found
from serving.model_server.tensors import ENUMS, dtype_name

Run = Callable[..., list[Array]]

_MOST_CALLABLES = 64


@dataclass(frozen=True)
class Signature:
    """A named entry of the model: sorted input aliases, output aliases, and the definition they come from."""

    name: str
    definition: meta_graph_pb2.SignatureDef
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Servable:
    """A version in memory.

    Attributes:
        signatures: by name.
    """

    def __init__(
        self, session: tf.compat.v1.Session, meta: meta_graph_pb2.MetaGraphDef, batcher: Batcher | None = None
    ) -> None:
        self._batcher = batcher
        self.signatures = {name: _signature(name, meta.signature_def[name]) for name in meta.signature_def}
        self._session = session
        self._callables: dict[tuple[str, ...], Run] = {}
        self._guarded = _has_aborting_kernels(meta)
        self._lock = threading.Lock()

    def run(self, signature: Signature, feeds: Sequence[Array], outputs: Sequence[str]) -> list[Array]:
        """Run a signature.

        Args:
            signature: one of ``signatures``.
            feeds: an array for each of ``signature.inputs``, in that order.
            outputs: aliases of what to fetch.

        Raises:
            StatusError: INVALID_ARGUMENT for a wrong dtype or shape, or whatever a kernel reports.
        """
        self._check(signature, feeds)
        run = partial(self._run, signature, outputs)
        if self._batcher is None:
            return run(feeds)
        return self._batcher.run((id(self), signature.name, *outputs), run, feeds)

    def close(self) -> None:
        """Free the session and its variables. Nothing may be running."""
        self._callables.clear()
        self._session.close()

    def _run(self, signature: Signature, outputs: Sequence[str], feeds: Sequence[Array]) -> list[Array]:
        try:
            return [_array(result) for result in self._callable(signature, outputs)(*feeds)]
        except tf.errors.OpError as error:
            raise StatusError(Code(error.error_code), error.message) from error

    def _check(self, signature: Signature, feeds: Sequence[Array]) -> None:
        for position, (alias, feed) in enumerate(zip(signature.inputs, feeds, strict=True)):
            info = signature.definition.inputs[alias]
            if ENUMS[feed.dtype] != info.dtype:
                wanted, got = dtype_name(info.dtype), dtype_name(ENUMS[feed.dtype])
                raise invalid_argument(f"Expects arg[{position}] to be {wanted} but {got} is provided")
            if self._guarded and not _compatible(feed.shape, info.tensor_shape):
                shape = [dim.size for dim in info.tensor_shape.dim]
                raise invalid_argument(
                    f"Input {alias} of shape {list(feed.shape)} does not fit {shape}, -1 being any"
                )

    def _callable(self, signature: Signature, outputs: Sequence[str]) -> Run:
        key = (signature.name, *outputs)
        found = self._callables.get(key)
        if found is None:
            options = config_pb2.CallableOptions(
                feed=[signature.definition.inputs[alias].name for alias in signature.inputs],
                fetch=[signature.definition.outputs[alias].name for alias in outputs],
            )
            with self._lock:
                if len(self._callables) >= _MOST_CALLABLES:
                    self._callables.clear()
                # Not public, but Session.run takes twice as long: it looks up names in every call.
                found = self._callables[key] = self._session._make_callable_from_options(options)
        return found


def load(
    path: Path, tags: Sequence[str], config: config_pb2.ConfigProto, batcher: Batcher | None = None
) -> Servable:
    """Load a SavedModel folder.

    Raises:
        StatusError: NOT_FOUND without a model or the tags in it, DATA_LOSS for an unreadable one, or what
            TensorFlow reports.
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
    """Look at the file first, for errors that say what is wrong with it."""
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
    """The session hands scalars out bare."""
    if isinstance(result, np.ndarray):
        return result
    return np.array(result, object if isinstance(result, bytes) else None)


def _signature(name: str, definition: meta_graph_pb2.SignatureDef) -> Signature:
    own = meta_graph_pb2.SignatureDef()
    own.CopyFrom(definition)
    return Signature(name, own, tuple(sorted(own.inputs)), tuple(sorted(own.outputs)))


def _has_aborting_kernels(meta: meta_graph_pb2.MetaGraphDef) -> bool:
    """Whether the model convolves or pools: those kernels end the process on an input of the wrong rank."""
    nodes = [meta.graph_def.node, *(function.node_def for function in meta.graph_def.library.function)]
    return any("Conv" in node.op or "Pool" in node.op for group in nodes for node in group)


def _compatible(shape: Sequence[int], declared: tensor_shape_pb2.TensorShapeProto) -> bool:
    if declared.unknown_rank:
        return True
    sizes = [dim.size for dim in declared.dim]
    return len(sizes) == len(shape) and all(want in (-1, got) for want, got in zip(sizes, shape, strict=True))


def check_names(given: Mapping[str, Any], signature: Signature) -> None:
    """Hold the inputs of a request against a signature.

    Raises:
        StatusError: INVALID_ARGUMENT naming what is missing or too much.
    """
    sent, wanted = set(given), set(signature.inputs)
    required = wanted - set(signature.definition.defaults)
    if len(sent) != len(wanted) and not (required <= sent <= wanted):
        raise invalid_argument(
            f"input size does not match signature: {len(sent)}!={len(wanted)} len({_set(sent)}) != "
            f"len({_set(wanted)}). Sent extra: {_set(sent - wanted)}. "
            f"Missing but required: {_set(required - sent)}."
        )
    for alias in sorted(required - sent):
        feed = signature.definition.inputs[alias].name
        raise invalid_argument(
            f"Signature input alias: {alias}(feed name: {feed}) not found in request and no default value "
            f"provided. Inputs expected to be in the request {_set(sent)}, or default input alias set: "
            + ",".join(sorted(signature.definition.defaults))
        )


def _set(names: set[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"
