"""``mnist-classify correct``: pictures with their right labels, for the next training."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from client.batching import DEFAULT_CONCURRENCY
from client.command.inputs import Inputs, input_options
from client.command.options import model_option, output_option, service, service_options
from client.command.records import JsonArray, JsonLines, Output, failure_record
from client.command.run import Tally, run
from client.command.terminal import has_colour, widest_name
from client.command.text import TextOutput, printable
from client.listing import folder_sources, subfolders
from client.results import Correction, Failure

if TYPE_CHECKING:
    from client.synchronous import Client

_EPILOG = """\b
Examples:
  mnist-classify correct seven.png --label 7
  mnist-classify correct shoes/*.jpg --label Sneaker --model fashion_mnist
  mnist-classify correct sorted/ --labels-from-folders
\b
With --labels-from-folders the pictures in sorted/7/ are sevens, those in sorted/8/ eights. The service keeps
each picture once, however often it is sent, and only if its operator allows corrections.
Exit codes: 0 all kept, 1 some failed, 2 wrong usage, 3 service not reachable, 130 on Ctrl-C.
"""


@click.command(epilog=_EPILOG, help="Send pictures with their right labels, for the next training.")
@input_options
@click.option("--label", help="The right label of every picture.")
@click.option("--labels-from-folders", is_flag=True, help="The folder of each picture is its label.")
@model_option
@click.option(
    "--concurrency",
    type=click.IntRange(1, 256),
    default=DEFAULT_CONCURRENCY,
    show_default=True,
    help="Requests at once.",
)
@output_option("text", "json", "jsonl")
@service_options(timeout=60.0)
@click.pass_context
def correct(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - click's values
    """Check the labels, then send."""
    pictures = Inputs(given)
    if (given["label"] is None) is not given["labels_from_folders"]:
        raise click.UsageError("Say the right label once: --label, or --labels-from-folders.")
    with service(ctx).client() as client:
        if given["labels_from_folders"]:
            labelled: Iterable[tuple[object, str]] = _in_folders(client, given, pictures.skipped)
        else:
            labelled = ((source, given["label"]) for source in pictures)
        kept = client.correct_many(labelled, model=given["model"], concurrency=given["concurrency"])
        tally = Tally("correct", "corrected", pictures.skipped)
        batches = ([result] for result in kept)
        output = _output(given["output"])
        code = run(client, batches, output, tally, model=given["model"], count=lambda: None)
    ctx.exit(code)


def _in_folders(client: Client, given: dict[str, Any], skipped: Counter[str]) -> list[tuple[object, str]]:
    """Every picture with the name of its folder, once all these names are known to be labels.

    Raises:
        click.UsageError: a place is no folder, has no folders in it, or one that is no label of the model.
    """
    known = client.model(given["model"]).labels
    labelled: list[tuple[object, str]] = []
    for place in given["places"]:
        try:
            folders = subfolders(place)
        except OSError as error:
            raise click.UsageError(f"{place} is no folder of folders: {error.strerror}.") from error
        if not folders:
            raise click.UsageError(f"{place} has no folders in it whose names could be labels.")
        for folder in folders:
            label = os.path.basename(folder)
            if known and label not in known:
                raise click.UsageError(
                    f"{folder} is no label of {given['model']}, whose labels are {', '.join(known)}."
                )
            labelled += [(source, label) for source in folder_sources(folder, given["recursive"], skipped)]
    return labelled


def _output(output: str) -> Output[Correction | Failure]:
    if output == "text":
        return CorrectText(has_colour(), widest_name(40))
    return (JsonArray if output == "json" else JsonLines)(_record)


class CorrectText(TextOutput[Correction]):
    """The right label of each picture, and whether the picture was new."""

    def answer(self, result: Correction) -> str:
        """The line of one picture."""
        return f"{printable(result.label)}  {'kept' if result.new else 'kept before'}"


def _record(result: Correction | Failure) -> dict[str, Any]:
    if isinstance(result, Failure):
        return failure_record(result)
    return {"file": result.name, "label": result.label, "id": result.id, "new": result.new}
