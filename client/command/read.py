"""``mnist-classify read``: the digits on pictures, in lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from client.batching import READ_BATCH_SIZE
from client.command.drawing import draw_reading
from client.command.inputs import Inputs, input_options
from client.command.options import (
    check_version,
    load_options,
    model_option,
    output_option,
    service,
    service_options,
    version_options,
)
from client.command.records import Csv, JsonArray, JsonLines, Output, failure_record, input_record
from client.command.run import Saver, Tally, run
from client.command.terminal import has_colour, widest_name
from client.command.text import INDENT, TextOutput, printable, status_colour
from client.errors import SourceError
from client.requests import ReadOptionFields
from client.results import OK, Failure, Mark, Reading

COLUMNS = ("file", "text", "status", "marks", "model", "version", "error", "detail", "warnings")

_EPILOG = """\b
Examples:
  mnist-classify read note.jpg
  mnist-classify read scans/ --recursive --output csv > numbers.csv
  mnist-classify read sudoku.png --show
  mnist-classify read note.jpg --output json | jq -r '.[0].lines[].text'
  mnist-classify read - < note.jpg
\b
Text runs from top to bottom and from left to right. Boxes in JSON are left, top, width and height in pixels
of the upright picture.
Exit codes: 0 all read, 1 some failed, 2 wrong usage, 3 service not reachable, 130 on Ctrl-C.
"""


@click.command(epilog=_EPILOG, help="Read the digits on pictures: files, folders, patterns, or - for stdin.")
@input_options
@model_option
@version_options
@output_option("text", "json", "jsonl", "csv")
@click.option("--include-input", is_flag=True, help="Add to JSON what the model saw of each mark.")
@click.option("--show", is_flag=True, help="Draw the picture with a box around each mark.")
@click.option(
    "--save-inputs",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Save what the model saw of each mark as PNG files in this folder.",
)
@load_options(READ_BATCH_SIZE)
@service_options(timeout=60.0)
@click.pass_context
def read(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - click's values
    """Check what belongs together, then run."""
    pictures = Inputs(given)
    check_version(given)
    if given["show"] and given["output"] != "text":
        raise click.UsageError("--show draws only with --output text; in JSON each mark has its box.")
    saver = Saver(given["save_inputs"]) if given["save_inputs"] else None
    options: ReadOptionFields = {
        "model": given["model"],
        "version": given["version"],
        "label": given["label"],
        "include": ("input",) if given["include_input"] or saver else (),
    }
    with service(ctx).client() as client:
        batches = client.read_batches(
            pictures, concurrency=given["concurrency"], batch_size=given["batch_size"], **options
        )
        tally = Tally("read", "read", pictures.skipped)
        keep = saver.save if saver else None
        model: str = given["model"]
        code = run(client, batches, _output(given), tally, model=model, count=pictures.count, keep=keep)
    ctx.exit(code)


def _output(given: dict[str, Any]) -> Output[Reading | Failure]:
    if given["output"] == "text":
        return ReadText(has_colour(), given["show"], widest_name(40))
    if given["output"] == "csv":
        return Csv(COLUMNS, _row)
    form = JsonArray if given["output"] == "json" else JsonLines
    return form(lambda result: _record(result, given["include_input"]))


class ReadText(TextOutput[Reading]):
    """The text of each picture, its doubtful marks, and the picture with its boxes.

    Args:
        colour: whether to use colours.
        show: whether to draw the pictures.
        widest_name: width to which longer names are shortened; None never shortens.
    """

    def __init__(self, colour: bool, show: bool, widest_name: int | None) -> None:
        super().__init__(colour, widest_name)
        self._show = show

    def answer(self, result: Reading) -> str:
        """The lines of one picture."""
        colour = status_colour(result.status)
        first, *others = [self.painted(printable(line.text), colour) for line in result.lines] or [""]
        lines = [f"{first}  {printable(result.status)}"]
        lines += [f"{' ' * self.names.width}  {other}" for other in others]
        lines += [f"{INDENT}warning: {printable(warning)}" for warning in result.warnings]
        return "\n".join([*lines, *_doubts(result), *self._picture(result)])

    def _picture(self, result: Reading) -> list[str]:
        try:
            return draw_reading(result, self.colour) if self._show else []
        except SourceError as error:
            return [f"{INDENT}({error.detail})"]


def _doubts(result: Reading) -> list[str]:
    return [
        f"{INDENT}line {row}, mark {column}: {printable(mark.label)} {mark.probability:.2%}  {mark.status}"
        for row, line in enumerate(result.lines, start=1)
        for column, mark in enumerate(line.marks, start=1)
        if mark.status != OK
    ]


def _record(result: Reading | Failure, with_input: bool) -> dict[str, Any]:
    if isinstance(result, Failure):
        return failure_record(result)
    body: dict[str, Any] = {
        "file": result.name,
        "text": result.text,
        "status": result.status,
        "model": result.model,
        "version": result.version,
        "lines": [
            {"text": line.text, "marks": [_mark(mark, with_input) for mark in line.marks]}
            for line in result.lines
        ],
    }
    return {**body, "warnings": list(result.warnings)} if result.warnings else body


def _mark(mark: Mark, with_input: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "label": mark.label,
        "class_id": mark.class_id,
        "probability": mark.probability,
        "status": mark.status,
        "box": list(mark.box),
    }
    return {**body, "input": input_record(mark.input)} if with_input and mark.input else body


def _row(result: Reading | Failure) -> dict[str, Any]:
    row = dict.fromkeys(COLUMNS)
    if isinstance(result, Failure):
        return {**row, "file": result.name, "error": result.error.code, "detail": result.error.detail}
    return {
        **row,
        "file": result.name,
        "text": result.text,
        "status": result.status,
        "marks": sum(len(line.marks) for line in result.lines),
        "model": result.model,
        "version": result.version,
        "warnings": "; ".join(result.warnings) or None,
    }
