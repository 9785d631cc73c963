"""Our slice of the wire format against the official messages, byte for byte, both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import Message

from serving.wire import generate
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.tensors import ELEMENTS, Array, TensorCodec, WireError, from_proto, to_proto

Fields = Any

ARRAYS = [
    np.array([[0.5, -1.25], [3e38, 1e-45]], np.float32),
    np.array([0.1, -2.5e300]),
    np.array([0.5, -65504], np.float16),
    np.array([-128, 127], np.int8),
    np.array([-32768, 32767], np.int16),
    np.array([[-(2**31)], [2**31 - 1]], np.int32),
    np.array([-(2**63), 2**63 - 1]),
    np.array([0, 255], np.uint8),
    np.array([0, 65535], np.uint16),
    np.array([0, 2**32 - 1], np.uint32),
    np.array([0, 2**64 - 1], np.uint64),
    np.array([True, False]),
    np.array([1 + 2j, -3.5j], np.complex64),
    np.array([1 + 2j, -3.5j]),
    np.array([b"", b"seven", bytes(range(256)), b"x" * 300], object),
    np.array(2.5, np.float32),
    np.zeros((0, 28), np.float32),
    np.zeros((2, 0, 3), np.int64),
]
IDS = [f"{array.dtype}{list(array.shape)}" for array in ARRAYS]


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    """TensorFlow's own helpers and TensorFlow Serving's own messages."""
    import tensorflow as tf
    from tensorflow.core.framework import tensor_pb2
    from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, predict_pb2

    return {
        "make_tensor_proto": tf.make_tensor_proto,
        "make_ndarray": tf.make_ndarray,
        "TensorProto": tensor_pb2.TensorProto,
        **{name: getattr(predict_pb2, name) for name in ("PredictRequest", "PredictResponse")},
        "GetModelStatusRequest": get_model_status_pb2.GetModelStatusRequest,
        "GetModelStatusResponse": get_model_status_pb2.GetModelStatusResponse,
        "GetModelMetadataRequest": get_model_metadata_pb2.GetModelMetadataRequest,
        "GetModelMetadataResponse": get_model_metadata_pb2.GetModelMetadataResponse,
        "SignatureDefMap": get_model_metadata_pb2.SignatureDefMap,
    }


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tolist() == expected.tolist()


def listed(array: Array) -> pb.TensorProto:
    """The array in the typed list of its dtype."""
    made = pb.TensorProto()
    TensorCodec(ELEMENTS).write(array, made, as_content=False)
    return made


def both(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


@pytest.mark.parametrize("array", ARRAYS, ids=IDS)
def test_a_tensor_is_the_one_tensorflow_reads(official: dict[str, Any], array: np.ndarray) -> None:
    for ours in (to_proto(array), listed(array)):
        theirs = official["TensorProto"].FromString(both(ours))
        assert both(theirs) == both(ours)
        if array.size:
            assert_same(official["make_ndarray"](theirs), array)


@pytest.mark.parametrize("array", ARRAYS, ids=IDS)
def test_a_tensor_tensorflow_made_is_read(official: dict[str, Any], array: np.ndarray) -> None:
    theirs = official["make_tensor_proto"](array)
    assert_same(from_proto(pb.TensorProto.FromString(both(theirs))), array)


@pytest.mark.parametrize("array", ARRAYS, ids=IDS)
def test_both_forms_are_read_alike(array: np.ndarray) -> None:
    assert_same(from_proto(to_proto(array)), array)
    assert_same(from_proto(listed(array)), array)


@pytest.mark.parametrize("array", ARRAYS, ids=IDS)
def test_the_lenient_rules_read_a_valid_tensor_as_the_strict_ones_do(array: np.ndarray) -> None:
    lenient = TensorCodec(ELEMENTS, lenient=True)
    assert_same(lenient.read(to_proto(array)), array)
    assert_same(lenient.read(listed(array)), array)


def test_strings_as_content_are_read() -> None:
    tensor = pb.TensorProto(dtype=pb.DT_STRING)
    tensor.tensor_shape.dim.add(size=2)
    tensor.tensor_content = b"\x02\x01hi\xff"
    assert from_proto(tensor).tolist() == [b"hi", b"\xff"]


def fill_predict_request(request: Fields) -> None:
    request.model_spec.name = "digits"
    request.model_spec.version.value = 7
    request.model_spec.signature_name = "serving_default"
    request.inputs["images"].dtype = 1
    request.inputs["images"].tensor_shape.dim.add(size=2, name="batch")
    request.inputs["images"].tensor_content = bytes(8)
    request.output_filter.append("probabilities")


def fill_label_request(request: Fields) -> None:
    request.model_spec.name = "digits"
    request.model_spec.version_label = "stable"


def fill_response(response: Fields) -> None:
    response.model_spec.name = "digits"
    response.model_spec.version.value = 2**62
    response.outputs["probabilities"].dtype = 1
    response.outputs["probabilities"].float_val.extend([0.25, 0.75])


def fill_status_request(request: Fields) -> None:
    request.model_spec.name = "digits"


def fill_status(response: Fields) -> None:
    for version, state in ((1, 30), (2, 20), (3, 50)):
        response.model_version_status.add(version=version, state=state)
    response.model_version_status[2].status.error_code = 15
    response.model_version_status[2].status.error_message = "broken"


def fill_metadata_request(request: Fields) -> None:
    request.model_spec.name = "digits"
    request.metadata_field.append("signature_def")


def fill_metadata(response: Fields) -> None:
    response.model_spec.name = "digits"
    response.metadata["signature_def"].type_url = "type.googleapis.com/x"
    response.metadata["signature_def"].value = b"abc"


def fill_signatures(signatures: Fields) -> None:
    signature = signatures.signature_def["serving_default"]
    signature.method_name = "tensorflow/serving/predict"
    signature.inputs["images"].name = "images:0"
    signature.inputs["images"].dtype = 1
    signature.inputs["images"].tensor_shape.dim.add(size=-1)
    signature.outputs["any"].tensor_shape.unknown_rank = True
    signature.defaults["scale"].dtype = 1
    signature.defaults["scale"].float_val.append(1.0)


@pytest.mark.parametrize(
    ("name", "fill"),
    [
        ("PredictRequest", fill_predict_request),
        ("PredictRequest", fill_label_request),
        ("PredictResponse", fill_response),
        ("GetModelStatusRequest", fill_status_request),
        ("GetModelStatusResponse", fill_status),
        ("GetModelMetadataRequest", fill_metadata_request),
        ("GetModelMetadataResponse", fill_metadata),
        ("SignatureDefMap", fill_signatures),
    ],
)
def test_a_message_is_the_official_one_byte_for_byte(
    official: dict[str, Any], name: str, fill: Callable[[Fields], None]
) -> None:
    ours, theirs = getattr(pb, name)(), official[name]()
    fill(ours)
    fill(theirs)
    assert both(ours) == both(theirs)
    assert both(type(ours).FromString(both(theirs))) == both(theirs)
    assert type(ours).FromString(both(theirs)) == ours
    assert type(theirs).FromString(both(ours)) == theirs


def test_the_element_types_are_tensorflows(official: dict[str, Any]) -> None:
    numbers = official["TensorProto"].DESCRIPTOR.fields_by_name["dtype"].enum_type.values_by_name
    for name, number in pb.DataType.items():
        assert numbers[name].number == number


UNKNOWN = pb.TensorShapeProto(unknown_rank=True)


def tensor(kind: int = pb.DT_FLOAT, sizes: tuple[int, ...] = (3,), **fields: Fields) -> pb.TensorProto:
    message = pb.TensorProto(dtype=kind, **fields)  # type: ignore[arg-type]
    for size in sizes:
        message.tensor_shape.dim.add(size=size)
    return message


@pytest.mark.parametrize(
    "broken",
    [
        tensor(float_val=[1.0]),
        tensor(float_val=[1.0] * 4),
        tensor(),
        tensor(tensor_content=bytes(11)),
        tensor(tensor_content=bytes(16)),
        tensor(sizes=(-1,), float_val=[1.0]),
        tensor(int_val=[1, 2, 3]),
        tensor(pb.DT_INVALID, float_val=[1.0] * 3),
        tensor(pb.DT_RESOURCE),
        tensor(pb.DT_UINT8, int_val=[1, 2, 256]),
        tensor(pb.DT_INT8, int_val=[1, 2, -129]),
        tensor(pb.DT_HALF, half_val=[1, 2, 65536]),
        tensor(pb.DT_COMPLEX64, scomplex_val=[1, 2, 3]),
        tensor(pb.DT_STRING, string_val=[b"a"]),
        tensor(pb.DT_STRING, (2,), tensor_content=b"\x02\x01hi"),
        tensor(pb.DT_STRING, (2,), tensor_content=b"\x02"),
        tensor(pb.DT_STRING, (1,), tensor_content=b"\xff" * 12),
        tensor(sizes=(2**40, 2**40), tensor_content=bytes(4)),
        pb.TensorProto(dtype=pb.DT_FLOAT, tensor_shape=UNKNOWN, float_val=[1.0]),
    ],
)
def test_a_tensor_that_contradicts_itself_is_refused(broken: pb.TensorProto) -> None:
    with pytest.raises(WireError):
        from_proto(broken)


def test_an_array_without_a_counterpart_is_refused() -> None:
    with pytest.raises(WireError):
        to_proto(np.array(["text"]))


def test_every_element_type_names_a_field_of_the_message() -> None:
    fields = pb.TensorProto.DESCRIPTOR.fields_by_name
    assert all(element.field in fields for element in ELEMENTS.values())


def test_the_committed_code_is_what_the_proto_gives() -> None:
    assert generate.main(["--check"]) == 0
