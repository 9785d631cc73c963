"""Records of results as a Parquet file and back, with pyarrow."""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path
from typing import Any

from client.command.records import json_text

_ROWS = 20_000


def write_parquet(lines: Path, path: Path) -> None:
    """Write the records of a file of JSON lines as Parquet; what the model saw is left out."""
    import pyarrow
    from pyarrow import parquet

    candidate = {"label": pyarrow.string(), "class_id": pyarrow.int64(), "probability": pyarrow.float64()}
    fields = {
        "file": pyarrow.string(),
        **candidate,
        "status": pyarrow.string(),
        "model": pyarrow.string(),
        "version": pyarrow.int64(),
        "top": pyarrow.list_(pyarrow.struct(candidate)),
        "probabilities": pyarrow.map_(pyarrow.string(), pyarrow.float64()),
        "warnings": pyarrow.list_(pyarrow.string()),
        "error": pyarrow.string(),
        "detail": pyarrow.string(),
    }
    schema = pyarrow.schema(list(fields.items()))
    with parquet.ParquetWriter(path, schema) as writer, lines.open("rb") as file:
        rows = map(_row, file)
        while some := list(islice(rows, _ROWS)):
            writer.write_table(pyarrow.Table.from_pylist(some, schema=schema))


def _row(line: bytes) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(line)
    error = body.pop("error", None)
    if error:
        body |= {"error": error["code"], "detail": error["detail"]}
    body["file"] = body["file"].encode("utf-8", "backslashreplace").decode()
    if "probabilities" in body:
        body["probabilities"] = list(body["probabilities"].items())
    return body


def write_lines(path: Path, lines: Path) -> None:
    """Write the records of a Parquet file as JSON lines, failures included."""
    from pyarrow import parquet

    partial = lines.with_name(f"{lines.name}.kept")
    with parquet.ParquetFile(path) as file, partial.open("wb") as output:
        for batch in file.iter_batches(_ROWS):
            output.writelines(json_text(_record(row)).encode() + b"\n" for row in batch.to_pylist())
    os.replace(partial, lines)


def _record(row: dict[str, Any]) -> dict[str, Any]:
    body = {name: value for name, value in row.items() if value is not None}
    if "error" in body:
        body["error"] = {"code": body["error"], "detail": body.pop("detail")}
    if "probabilities" in body:
        body["probabilities"] = dict(body["probabilities"])
    return body
