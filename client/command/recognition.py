"""``mnist-classify classify`` and ``read``: the commands that ask a model about pictures."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from client.command.inputs import Inputs, input_options, parsed_shard
from client.command.options import (
    batch_size_option,
    client_for,
    concurrency_option,
    model_option,
    output_option,
    save_inputs_option,
    service_options,
    version_options,
)
from client.command.results_file import ResultsFile
from client.command.run import Saver, Tally, run
from client.command.terminal import output_for
from client.records import COLUMNS, READING_COLUMNS
from client.requests import DEFAULT_BATCH_SIZE, FITS, INCLUDES, READ_BATCH_SIZE

_ACCEPTS = "Accepts files, folders, quoted patterns, and - for standard input."
_CLASSIFY_EPILOG = """\b
Examples:
  mnist-classify classify seven.png
  mnist-classify classify photos/ 'scans/**/*.png' --recursive
  mnist-classify classify - < seven.png
  find . -name '*.png' -print0 | mnist-classify classify --files-from - -0
  mnist-classify classify shirt.jpg --model fashion_mnist --show
  mnist-classify classify photos/ -r --results answers.jsonl --resume
  mnist-classify classify photos/ -r --results part-3.parquet --resume --shard 3/8
  mnist-classify classify photos/ --output jsonl | jq -r 'select(.status == "ok") | .label'
\b
Exit codes: 0 all classified, 1 some failed, 2 wrong usage, 3 service not reachable or the file of --results
in use, 130 on Ctrl-C.
Results come in the order of the input. Folders are read in sorted order, without hidden files.
A configuration file (config.ini in the user's configuration folder) can set defaults:
  [mnist-classify]
  url = https://classifier.example.org
  api_key_file = ~/.mnist-key
"""
_READ_EPILOG = """\b
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


def _included(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (value or "").split(",") if name.strip())
    wrong = [name for name in names if name not in INCLUDES]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not one of {', '.join(INCLUDES)}.", ctx, parameter)
    return names


@click.command(epilog=_CLASSIFY_EPILOG, help=f"Classify image files. {_ACCEPTS}")
@input_options
@model_option
@version_options
@click.option("--top-k", type=click.IntRange(1, 1000), default=3, help="Labels to list.")
@click.option("--include", callback=_included, help="Add to the answers: probabilities,input.")
@click.option(
    "--fit",
    type=click.Choice(FITS),
    default="auto",
    help="Prepare photographs, or only stretch to the model's size.",
)
@output_option("text", "json", "jsonl", "csv")
@click.option("--show", is_flag=True, help="Draw what the model saw.")
@save_inputs_option
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to this file instead: JSON lines, or Parquet if its name ends with .parquet.",
)
@click.option(
    "--resume", is_flag=True, help="Continue the file of --results and retry the pictures that failed."
)
@click.option(
    "--shard",
    callback=parsed_shard,
    metavar="I/N",
    help="Take only part I of N, with I from 0 to N-1. A picture is always in the same part.",
)
@batch_size_option(DEFAULT_BATCH_SIZE)
@concurrency_option
@service_options(timeout=60.0)
@click.pass_context
def classify(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - click's values
    """Check the options against each other, then run."""
    pictures = Inputs(given)
    _check(given, "in JSON use --include input")
    if given["resume"] and given["results"] is None:
        raise click.UsageError("--resume continues a file: name it with --results.")
    saver = Saver(given["save_inputs"]) if given["save_inputs"] else None
    with_input = "input" in given["include"]
    seen = ("input",) if (given["show"] or saver) and not with_input else ()
    output = output_for(given, beside_name=52, columns=COLUMNS, with_input=with_input)
    file = ResultsFile(given["results"], given["resume"], with_input) if given["results"] else None
    if file:
        pictures.done = file.done
    with client_for(ctx) as client, file or nullcontext():
        batches = client.classify_batches(
            pictures,
            top_k=given["top_k"],
            fit=given["fit"],
            include=(*given["include"], *seen),
            **_shared(given),
        )
        tally = Tally("classify", "classified", pictures.skipped)
        model: str = given["model"]
        code = run(client, batches, file or output, tally, model=model, pictures=pictures, saver=saver)
    ctx.exit(code)


@click.command(epilog=_READ_EPILOG, help=f"Read the digits on pictures. {_ACCEPTS}")
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
    _check(given, "in JSON each mark has its box")
    saver = Saver(given["save_inputs"]) if given["save_inputs"] else None
    include = ("input",) if given["include_input"] or saver else ()
    output = output_for(given, beside_name=40, columns=READING_COLUMNS, with_input=given["include_input"])
    with client_for(ctx) as client:
        batches = client.read_batches(pictures, include=include, **_shared(given))
        tally = Tally("read", "read", pictures.skipped)
        model: str = given["model"]
        code = run(client, batches, output, tally, model=model, pictures=pictures, saver=saver)
    ctx.exit(code)


def _check(given: dict[str, Any], in_json: str) -> None:
    if given["version"] is not None and given["label"] is not None:
        raise click.UsageError("--version and --label both select a version: give one.")
    if given["show"] and given["output"] != "text":
        raise click.UsageError(f"--show draws only with --output text; {in_json}.")


def _shared(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of ``classify_batches`` and ``read_batches`` that both commands take."""
    return {name: given[name] for name in ("model", "version", "label", "concurrency", "batch_size")}
