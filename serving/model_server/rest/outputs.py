"""From tensors to JSON: the row and the column format, and the results of Classify and Regress."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from tensorflow_serving.apis import classification_pb2, regression_pb2

from serving.model_server.rest.writer import floats, indented, leaves, one_line, quote
from serving.model_server.status import invalid_argument
from serving.wire.tensors import Array


def rows(outputs: Mapping[str, Array]) -> str:
    """The row format: one element per instance.

    Raises:
        StatusError: INVALID_ARGUMENT, an output is a scalar, or the outputs have different lengths.
    """
    size = _batch_size(outputs)
    named = len(outputs) > 1
    depth = 3 if named else 2
    columns = []
    for name, array in outputs.items():
        texts = leaves(name, array, depth + array.ndim - 1)
        inner = len(texts) // size if size else 0
        columns.append(
            [one_line(texts[row * inner : (row + 1) * inner], array.shape[1:]) for row in range(size)]
        )
    if not size:
        return '{\n    "predictions": []\n}'
    if not named:
        return f'{{\n    "predictions": [{", ".join(columns[0])}\n    ]\n}}'
    lines = [_members(dict(zip(outputs, row, strict=True)), 2) for row in zip(*columns, strict=True)]
    return '{\n    "predictions": [\n        ' + ",\n        ".join(lines) + "\n    ]\n}"


def columns(outputs: Mapping[str, Array]) -> str:
    """The column format: one tensor per output."""
    named = len(outputs) > 1
    depth = 2 if named else 1
    texts = {
        name: indented(leaves(name, array, depth + array.ndim), array.shape, depth)
        for name, array in outputs.items()
    }
    text = _members(texts, 1) if named else next(iter(texts.values()))
    return f'{{\n    "outputs": {text}\n}}'


def classifications(result: classification_pb2.ClassificationResult) -> str:
    """Pairs of label and score for every example."""
    examples = []
    for example in result.classifications:
        scores = floats(np.array([entry.score for entry in example.classes], np.float32))
        pairs = zip(example.classes, scores, strict=True)
        examples.append("[" + ", ".join(f"[{quote(entry.label)}, {score}]" for entry, score in pairs) + "]")
    return f'{{\n    "results": [{", ".join(examples)}\n    ]\n}}'


def regressions(result: regression_pb2.RegressionResult) -> str:
    """A value for every example."""
    values = floats(np.array([entry.value for entry in result.regressions], np.float32))
    return f'{{\n    "results": [{", ".join(values)}]\n}}'


def _members(texts: Mapping[str, str], depth: int) -> str:
    indent = "    " * depth
    lines = ",\n".join(f"{indent}    {quote(name)}: {text}" for name, text in texts.items())
    return f"{{\n{lines}\n{indent}}}"


def _batch_size(outputs: Mapping[str, Array]) -> int:
    size = -1
    for name, array in outputs.items():
        if not array.ndim:
            raise invalid_argument(f"Tensor name: {name} has no shape information ")
        if size not in (-1, len(array)):
            raise invalid_argument(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: {size}"
            )
        size = len(array)
    return size
