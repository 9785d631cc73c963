"""``mnist-classify correct``: pictures with their right labels, for the next training."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from client.command.inputs import Inputs, input_options
from client.command.options import (
    as_text,
    client_for,
    concurrency_option,
    model_option,
    output_option,
    service_options,
)
from client.command.run import Tally, run
from client.command.terminal import output_for
from client.listing import folder_files, subfolders

if TYPE_CHECKING:
    from client.synchronous import Client

_EPILOG = """\b
Examples:
  mnist-classify correct seven.png --label 7
  mnist-classify correct shoes/*.jpg --label Sneaker --model fashion_mnist
  mnist-classify correct sorted/ --labels-from-folders
\b
With --labels-from-folders, the pictures in sorted/7/ are sevens and those in sorted/8/ are eights. The
service keeps each picture once, however often it is sent, and only if its operator allows corrections.
Exit codes: 0 all kept, 1 some failed, 2 wrong usage, 3 service not reachable, 130 on Ctrl-C.
"""


@click.command(epilog=_EPILOG, help="Send pictures with their right labels, for the next training.")
@input_options
@click.option("--label", callback=as_text, help="The right label of every picture.")
@click.option("--labels-from-folders", is_flag=True, help="The folder of each picture is its label.")
@model_option
@concurrency_option
@output_option("text", "json", "jsonl")
@service_options(timeout=60.0)
@click.pass_context
def correct(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - click's values
    """Check the labels, then send."""
    pictures = Inputs(given)
    if (given["label"] is None) is not given["labels_from_folders"]:
        raise click.UsageError("Give the right label once: --label, or --labels-from-folders.")
    if given["labels_from_folders"] and given["files_from"] is not None:
        raise click.UsageError("--labels-from-folders takes folders, not --files-from.")
    with client_for(ctx) as client:
        if given["labels_from_folders"]:
            labelled: Iterable[tuple[object, str]] = _in_folders(client, given, pictures.skipped)
        else:
            labelled = ((source, given["label"]) for source in pictures)
        kept = client.correct_many(labelled, model=given["model"], concurrency=given["concurrency"])
        tally = Tally("correct", "corrected", pictures.skipped)
        batches = ([result] for result in kept)
        output = output_for(given, beside_name=40)
        code = run(client, batches, output, tally, model=given["model"])
    ctx.exit(code)


def _in_folders(client: Client, given: dict[str, Any], skipped: Counter[str]) -> list[tuple[object, str]]:
    """Pair every picture with the name of its folder, once every name is known to be a label.

    Raises:
        click.UsageError: a place is not a folder, has no subfolders, or has one that is not a label of the
            model.
    """
    known = client.model(given["model"]).labels
    labelled: list[tuple[object, str]] = []
    for place in given["places"]:
        try:
            folders = subfolders(place)
        except OSError as error:
            raise click.UsageError(f"{place} is not a folder of folders: {error.strerror}.") from error
        if not folders:
            raise click.UsageError(f"{place} has no subfolders whose names could be labels.")
        for folder in folders:
            label = os.path.basename(folder)
            if known and label not in known:
                raise click.UsageError(
                    f"{folder} is not a label of {given['model']}, whose labels are {', '.join(known)}."
                )
            labelled += [(source, label) for source in folder_files(folder, given["recursive"], skipped)]
    return labelled
