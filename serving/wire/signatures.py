"""The signatures of a model: the inputs and outputs of each way to call it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence, Set
from typing import NamedTuple

from serving.wire import tensorflow_serving_pb2 as pb


class TensorSpec(NamedTuple):
    """One input or output of a signature.

    Attributes:
        data_type: TensorFlow's number for the element type.
        shape: the sizes, -1 for any size; None if the rank is unknown.
        optional: whether the model has a default for it.
    """

    data_type: int
    shape: tuple[int, ...] | None
    optional: bool = False

    def fits(self, shape: Sequence[int]) -> bool:
        """Whether a tensor may have a shape."""
        wanted = shape if self.shape is None else self.shape
        return len(wanted) == len(shape) and all(
            size in (-1, has) for size, has in zip(wanted, shape, strict=True)
        )


class Signature(NamedTuple):
    """The inputs and outputs of one way to call a model."""

    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]

    def accepts(self, names: Set[str]) -> bool:
        """Whether these are names of inputs, and all required ones are among them."""
        return names <= self.inputs.keys() and all(
            spec.optional or name in names for name, spec in self.inputs.items()
        )


def signature_from(definition: pb.SignatureDef) -> Signature:
    """Read one signature, from our message or from TensorFlow's."""
    return Signature(_specs(definition.inputs, definition.defaults), _specs(definition.outputs))


def _specs(tensors: Mapping[str, pb.TensorInfo], optional: Container[str] = ()) -> dict[str, TensorSpec]:
    return {
        name: TensorSpec(info.dtype, _sizes(info.tensor_shape), name in optional)
        for name, info in tensors.items()
    }


def _sizes(shape: pb.TensorShapeProto) -> tuple[int, ...] | None:
    return None if shape.unknown_rank else tuple(dim.size for dim in shape.dim)
