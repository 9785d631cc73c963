"""The signatures of a model, and the checks of requests against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensorflow.core.framework import tensor_shape_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from serving.model_server.status import invalid_argument
from serving.model_server.tensors import CODEC, dtype_name
from serving.wire.tensors import Array


@dataclass(frozen=True)
class ServableSignature:
    """A named entry of the model: sorted input aliases, output aliases, and the definition they come from."""

    name: str
    definition: meta_graph_pb2.SignatureDef
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def signature(name: str, definition: meta_graph_pb2.SignatureDef) -> ServableSignature:
    """Copy a signature, so that it outlives its graph."""
    own = meta_graph_pb2.SignatureDef()
    own.CopyFrom(definition)
    return ServableSignature(name, own, tuple(sorted(own.inputs)), tuple(sorted(own.outputs)))


def has_aborting_kernels(meta: meta_graph_pb2.MetaGraphDef) -> bool:
    """Whether the model convolves or pools: such kernels abort the process on an input of the wrong rank."""
    nodes = [meta.graph_def.node, *(function.node_def for function in meta.graph_def.library.function)]
    return any("Conv" in node.op or "Pool" in node.op for group in nodes for node in group)


def check_feeds(signature: ServableSignature, feeds: Sequence[Array], *, shapes: bool) -> None:
    """Check arrays against a signature.

    Args:
        signature: the signature.
        feeds: an array for each of its inputs.
        shapes: whether to check the shapes too.

    Raises:
        StatusError: INVALID_ARGUMENT, a dtype or shape is wrong.
    """
    for position, (alias, feed) in enumerate(zip(signature.inputs, feeds, strict=True)):
        info = signature.definition.inputs[alias]
        if CODEC.data_types[feed.dtype] != info.dtype:
            wanted, got = dtype_name(info.dtype), dtype_name(CODEC.data_types[feed.dtype])
            raise invalid_argument(f"Expects arg[{position}] to be {wanted} but {got} is provided")
        if shapes and not _compatible(feed.shape, info.tensor_shape):
            shape = [dim.size for dim in info.tensor_shape.dim]
            raise invalid_argument(
                f"Input {alias} of shape {list(feed.shape)} does not fit {shape}, -1 being any"
            )


def _compatible(shape: Sequence[int], declared: tensor_shape_pb2.TensorShapeProto) -> bool:
    if declared.unknown_rank:
        return True
    sizes = [dim.size for dim in declared.dim]
    return len(sizes) == len(shape) and all(want in (-1, got) for want, got in zip(sizes, shape, strict=True))


def check_names(given: Mapping[str, Any], signature: ServableSignature) -> None:
    """Check the names of a request's inputs against a signature.

    Raises:
        StatusError: INVALID_ARGUMENT, naming the missing and the surplus inputs.
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
