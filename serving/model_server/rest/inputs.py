"""From JSON to tensors: the row format (``instances``) and the column format (``inputs``)."""

from __future__ import annotations

from collections.abc import Mapping

from tensorflow.core.protobuf import meta_graph_pb2

from serving.model_server.rest.excerpt import excerpt
from serving.model_server.rest.values import Column
from serving.model_server.status import StatusError, invalid_argument
from serving.wire.json_values import Json, is_named
from serving.wire.tensors import Array

Infos = Mapping[str, meta_graph_pb2.TensorInfo]


def from_rows(instances: list[Json], infos: Infos) -> dict[str, Array]:
    """Read the row format: one element per instance, a plain value or an object with every input.

    Raises:
        StatusError: INVALID_ARGUMENT, naming the element that does not fit.
    """
    if not isinstance(instances[0], dict) and len(infos) > 1:
        raise invalid_argument(
            "instances is a plain list, but expecting list of objects as multiple input tensors required "
            "as per tensorinfo_map"
        )
    named = is_named(instances[0])
    columns = {name: Column(info.dtype) for name, info in infos.items()}
    for position, element in enumerate(instances):
        if named:
            _add_object(element, position, columns)
        elif is_named(element):
            raise invalid_argument(f"Expecting value/list but got object at item {position} of input list")
        else:
            try:
                next(iter(columns.values())).add(element)
            except StatusError as error:
                raise invalid_argument(
                    f"Failed to process element: {position} of 'instances' list. Error: {error}"
                ) from error
    return {name: column.array((len(instances), *column.shape)) for name, column in columns.items()}


def from_columns(inputs: Json, infos: Infos) -> dict[str, Array]:
    """Read the column format: one plain value, or an object with a value for every input.

    Raises:
        StatusError: INVALID_ARGUMENT, naming what is missing or does not fit.
    """
    if not is_named(inputs):
        if len(infos) > 1:
            raise invalid_argument(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required "
                "as per tensorinfo_map"
            )
        inputs = {next(iter(infos)): inputs}
    arrays = {}
    for name, info in infos.items():
        if name not in inputs:
            raise invalid_argument(f"Missing named input: {name} in 'inputs' object.")
        column = Column(info.dtype)
        column.add(inputs[name])
        arrays[name] = column.array(column.shape)
    return arrays


def _add_object(element: Json, position: int, columns: dict[str, Column]) -> None:
    if not is_named(element):
        raise invalid_argument(f"Expecting object but got list at item {position} of input list")
    for name, value in element.items():
        try:
            if name not in columns:
                raise invalid_argument(f"JSON object: does not have named input: {name}")
            columns[name].add(value)
        except StatusError as error:
            raise invalid_argument(
                f"Failed to process element: {position} key: {name} of 'instances' list. Error: {error}"
            ) from error
    if element.keys() != columns.keys():
        raise invalid_argument(
            f"Failed to process element: {position} of 'instances' list. JSON object: {excerpt(element)} "
            f"keys must be equal to: {','.join(sorted(columns))}"
        )
