"""``mnist-classify classify``: image files in, a line for each out."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from client.batching import DEFAULT_BATCH_SIZE
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
from client.command.records import Output, machine_output
from client.command.results_file import ResultsFile, ToFile
from client.command.run import Saver, Tally, run
from client.command.selection import Selected, parsed_shard
from client.command.terminal import has_colour, widest_name
from client.command.text import Text
from client.requests import FITS, INCLUDES, OptionFields
from client.results import Result

_EPILOG = """\b
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
Exit codes: 0 all classified, 1 some failed, 2 wrong usage, 3 service not reachable, 130 on Ctrl-C.
Results come in the order of the input. Folders are read in sorted order, without hidden files.
A configuration file (config.ini in the user's configuration folder) may hold defaults:
  [mnist-classify]
  url = https://classifier.example.org
  api_key_file = ~/.mnist-key
"""


def _included(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (value or "").split(",") if name.strip())
    wrong = [name for name in names if name not in INCLUDES]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is none of {', '.join(INCLUDES)}.", ctx, parameter)
    return names


@click.command(epilog=_EPILOG, help="Classify image files: files, folders, quoted patterns, or - for stdin.")
@input_options
@model_option
@version_options
@click.option("--top-k", type=click.IntRange(1, 1000), default=3, show_default=True, help="Labels to list.")
@click.option("--include", callback=_included, help="Add to the answers: probabilities,input.")
@click.option(
    "--fit",
    type=click.Choice(FITS),
    default="auto",
    show_default=True,
    help="Prepare photographs, or only stretch to the model's size.",
)
@output_option("text", "json", "jsonl", "csv")
@click.option("--show", is_flag=True, help="Draw what the model saw.")
@click.option(
    "--save-inputs",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Save what the model saw as PNG files in this folder.",
)
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to this file instead: JSON lines, or Parquet if its name ends with .parquet.",
)
@click.option("--resume", is_flag=True, help="Continue the file of --results; what failed is tried again.")
@click.option(
    "--shard",
    callback=parsed_shard,
    metavar="I/N",
    help="Take only part I of N, with I from 0 to N-1. A picture is in the same part every time.",
)
@load_options(DEFAULT_BATCH_SIZE)
@service_options(timeout=60.0)
@click.pass_context
def classify(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - click's values
    """Check what belongs together, then run."""
    pictures = Inputs(given)
    _check(given)
    saver = Saver(given["save_inputs"]) if given["save_inputs"] else None
    file = ResultsFile(given["results"], given["resume"]) if given["results"] else None
    selected = Selected(pictures, given["shard"], file.done if file else frozenset())
    with service(ctx).client() as client, file or nullcontext():
        batches = client.classify_batches(
            selected,
            concurrency=given["concurrency"],
            batch_size=given["batch_size"],
            **_options(given),
        )
        tally = Tally("classify", "classified", pictures.skipped)
        keep = saver.save if saver else None
        model: str = given["model"]
        code = run(client, batches, _output(given, file), tally, model=model, count=selected.count, keep=keep)
        if file and tally.is_complete:
            file.complete()
    ctx.exit(code)


def _options(given: dict[str, Any]) -> OptionFields:
    include: tuple[str, ...] = given["include"]
    if (given["show"] or given["save_inputs"]) and "input" not in include:
        include = (*include, "input")
    return {
        "model": given["model"],
        "version": given["version"],
        "label": given["label"],
        "top_k": given["top_k"],
        "include": include,
        "fit": given["fit"],
    }


def _output(given: dict[str, Any], file: ResultsFile | None) -> Output[Result]:
    if file is not None:
        return ToFile(file, with_input="input" in given["include"])
    if given["output"] == "text":
        return Text(has_colour(), given["show"], widest_name(52))
    return machine_output(given["output"], with_input="input" in given["include"])


def _check(given: dict[str, Any]) -> None:
    check_version(given)
    if given["resume"] and given["results"] is None:
        raise click.UsageError("--resume continues a file: name it with --results.")
    if given["show"] and given["output"] != "text":
        raise click.UsageError("--show draws only with --output text; in JSON use --include input.")
