"""``mnist-classify classify``: image files in, a line for each out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from client.batching import DEFAULT_BATCH_SIZE, DEFAULT_CONCURRENCY
from client.command.inputs import STDIN, count, inputs, listed
from client.command.options import model_option, output_option, service, service_options
from client.command.records import Output, machine_output
from client.command.run import Saver, Tally, run
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
@click.argument("places", nargs=-1, metavar="[FILE|DIR|GLOB|-]...", type=click.Path())
@click.option(
    "--files-from",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Read paths from this file (- for standard input).",
)
@click.option("--null", "-0", is_flag=True, help="Paths in --files-from end with NUL instead of a newline.")
@click.option("--recursive", "-r", is_flag=True, help="Go into folders in folders.")
@model_option
@click.option("--version", type=click.IntRange(0), help="Ask this version of the model.")
@click.option("--label", help="Ask the version with this version label, such as canary.")
@click.option("--top-k", type=click.IntRange(1), default=3, show_default=True, help="Labels to list.")
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
    "--batch-size",
    type=click.IntRange(1),
    default=DEFAULT_BATCH_SIZE,
    show_default=True,
    help="Pictures in one request.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 256),
    default=DEFAULT_CONCURRENCY,
    show_default=True,
    help="Requests at once.",
)
@service_options(timeout=60.0)
@click.pass_context
def classify(ctx: click.Context, /, places: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 - click's values
    """Check what belongs together, then run."""
    _check(places, given)
    saver = Saver(given["save_inputs"]) if given["save_inputs"] else None
    tally = Tally("classify", "classified")
    with service(ctx).client() as client:
        batches = client.classify_batches(
            _sources(places, given, tally.skipped),
            concurrency=given["concurrency"],
            batch_size=given["batch_size"],
            **_options(given),
        )
        code = run(
            client,
            batches,
            _output(given),
            tally,
            count=lambda: None if given["files_from"] is not None else count(places, given["recursive"]),
            keep=saver.save if saver else None,
        )
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


def _output(given: dict[str, Any]) -> Output[Result]:
    if given["output"] == "text":
        return Text(has_colour(), given["show"], widest_name(52))
    return machine_output(given["output"], with_input="input" in given["include"])


def _sources(places: tuple[str, ...], given: dict[str, Any], skipped: Counter[str]) -> Iterable[object]:
    yield from inputs(places, given["recursive"], skipped)
    if given["files_from"] is not None:
        with click.open_file(given["files_from"], "rb") as file:
            yield from listed(file, b"\0" if given["null"] else b"\n")


def _check(places: tuple[str, ...], given: dict[str, Any]) -> None:
    if not places and given["files_from"] is None:
        raise click.UsageError("Name at least one file, folder or pattern, or - for standard input.")
    if given["version"] is not None and given["label"] is not None:
        raise click.UsageError("--version and --label name the same thing: give one.")
    if given["show"] and given["output"] != "text":
        raise click.UsageError("--show draws only with --output text; in JSON use --include input.")
    if given["null"] and given["files_from"] is None:
        raise click.UsageError("-0 says how --files-from is read: give that too.")
    if (*places, given["files_from"]).count(STDIN) > 1:
        raise click.UsageError("Standard input can be read only once.")
