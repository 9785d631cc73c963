"""``mnist-classify read``: the digits on pictures, in lines."""

from __future__ import annotations

from typing import Any

import click

from client.command.inputs import Inputs, input_options
from client.command.options import (
    batch_size_option,
    check_version,
    client_for,
    concurrency_option,
    model_option,
    output_option,
    save_inputs_option,
    service_options,
    version_options,
)
from client.command.run import Saver, Tally, run
from client.command.terminal import output_for
from client.records import READING_COLUMNS
from client.requests import READ_BATCH_SIZE, ReadOptionFields

_HELP = "Read the digits on pictures. Accepts files, folders, quoted patterns, and - for standard input."
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


@click.command(epilog=_EPILOG, help=_HELP)
@input_options
@model_option
@version_options
@output_option("text", "json", "jsonl", "csv")
@click.option("--include-input", is_flag=True, help="Add to JSON what the model saw of each mark.")
@click.option("--show", is_flag=True, help="Draw the picture with a box around each mark.")
@save_inputs_option
@batch_size_option(READ_BATCH_SIZE)
@concurrency_option
@service_options(timeout=60.0)
@click.pass_context
def read(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - click's values
    """Check the options against each other, then run."""
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
    with client_for(ctx) as client:
        batches = client.read_batches(
            pictures, concurrency=given["concurrency"], batch_size=given["batch_size"], **options
        )
        tally = Tally("read", "read", pictures.skipped)
        model: str = given["model"]
        output = output_for(given, beside_name=40, columns=READING_COLUMNS, with_input=given["include_input"])
        code = run(client, batches, output, tally, model=model, pictures=pictures, saver=saver)
    ctx.exit(code)
