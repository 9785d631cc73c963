"""Reads the model server's messages into the gateway's own types, and checks them."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from serving.errors import ModelError
from serving.gateway.model_client.predictor import Reply, Signature, Signatures, TensorSpec, VersionStatus
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.tensors import WireError, from_proto


def reply_from(response: pb.PredictResponse) -> Reply:
    """Read the answer to Predict.

    Raises:
        ModelError: it names no version, or holds an inconsistent tensor.
    """
    if not response.model_spec.HasField("version"):
        raise ModelError("The model server did not say which version answered.")
    try:
        outputs = {name: from_proto(tensor) for name, tensor in response.outputs.items()}
    except WireError as error:
        raise ModelError(f"The model server's reply has a broken tensor: {error}.") from error
    return Reply(response.model_spec.version.value, outputs)


def statuses_from(response: pb.GetModelStatusResponse) -> list[VersionStatus]:
    """Read the answer to GetModelStatus, newest version first."""
    versions = [
        VersionStatus(status.version, _state(status.state), status.status.error_message)
        for status in response.model_version_status
    ]
    return sorted(versions, key=lambda status: -status.version)


def signatures_from(response: pb.GetModelMetadataResponse) -> Signatures:
    """Read the answer to GetModelMetadata.

    Raises:
        ModelError: it holds no signatures.
    """
    packed = response.metadata.get("signature_def")
    if packed is None:
        raise ModelError("The model server did not describe the model's signatures.")
    try:
        definitions = pb.SignatureDefMap.FromString(packed.value)
    except DecodeError as error:
        raise ModelError("The model's signatures cannot be read.") from error
    by_name = {name: signature_from(definition) for name, definition in definitions.signature_def.items()}
    return Signatures(response.model_spec.version.value, by_name)


def _state(number: int) -> str:
    """The name of a state; a number that only a newer server knows becomes UNKNOWN."""
    known = pb.ModelVersionStatus.State.values()
    return pb.ModelVersionStatus.State.Name(number if number in known else pb.ModelVersionStatus.UNKNOWN)


def signature_from(definition: pb.SignatureDef) -> Signature:
    """Read one signature, from our message or from TensorFlow's."""
    return Signature(
        inputs={name: _spec(info, name in definition.defaults) for name, info in definition.inputs.items()},
        outputs={name: _spec(info) for name, info in definition.outputs.items()},
    )


def _spec(info: pb.TensorInfo, optional: bool = False) -> TensorSpec:
    shape = info.tensor_shape
    sizes = None if shape.unknown_rank else tuple(dim.size for dim in shape.dim)
    return TensorSpec(info.dtype, sizes, optional)
