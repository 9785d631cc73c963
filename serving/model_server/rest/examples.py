"""From JSON to ``tf.Example``, for :classify and :regress."""

from __future__ import annotations

from tensorflow.core.example import example_pb2, feature_pb2
from tensorflow_serving.apis import input_pb2

from serving.model_server.rest.excerpt import excerpt
from serving.model_server.rest.values import decode_base64, type_name
from serving.model_server.status import StatusError, invalid_argument
from serving.wire.json_values import Json, is_base64

_KINDS = {"bytes_list": "bytes", "float_list": "float", "int64_list": "int64"}


def fill(document: dict[str, Json], target: input_pb2.Input) -> None:
    """Fill a request's input with the document's ``examples`` and ``context``.

    Raises:
        StatusError: INVALID_ARGUMENT, saying what does not fit.
    """
    context = document.get("context")
    examples = target.example_list.examples
    if "context" in document:
        _fill_example(context, target.example_list_with_context.context)
        examples = target.example_list_with_context.examples
    given = document.get("examples")
    if "examples" not in document:
        what = "When method is classify, key 'examples' is expected and was not found"
        raise invalid_argument(f"JSON Value: {excerpt(document)} {what}")
    if not isinstance(given, list):
        raise invalid_argument(
            f"JSON Value: {excerpt(document)} Expecting 'examples' value to be an list/array"
        )
    if not given:
        raise invalid_argument(f"JSON Value: {excerpt(document)} 'examples' value is an empty array")
    for example in given:
        _fill_example(example, examples.add())


def _fill_example(value: object, example: example_pb2.Example) -> None:
    if not isinstance(value, dict):
        raise invalid_argument(f"Example must be JSON object but got JSON {type_name(value)}")
    for name, content in value.items():
        feature = example.features.feature[name]
        for element in content if isinstance(content, list) else [content]:
            _add(element, name, feature)


def _add(value: Json, name: str, feature: feature_pb2.Feature) -> None:
    kind, plain = _plain(value, name)
    present = feature.WhichOneof("kind")
    if present not in (None, kind):
        raise invalid_argument(
            f"Unexpected element type in feature: {name} expecting type: {_KINDS[present]}"
        )
    getattr(feature, kind).value.append(plain)


def _plain(value: Json, name: str) -> tuple[str, Json]:
    """The list that a value belongs to, and the value to put there."""
    if isinstance(value, bool):
        return "int64_list", int(value)
    if isinstance(value, float):
        return "float_list", value
    if isinstance(value, int):
        if value >= 2**63:
            raise invalid_argument(f"Feature: {name} has uint64_t element. Only int64_t is supported.")
        return "int64_list", value
    if isinstance(value, str):
        return "bytes_list", value.encode("utf-8", "surrogateescape")
    if is_base64(value):
        return "bytes_list", decode_base64(value)
    raise _unexpected(value, name)


def _unexpected(value: object, name: str) -> StatusError:
    return invalid_argument(f"Feature: {name} has element with unexpected JSON type: {type_name(value)}")
