"""``python -m training evaluate``: measure the accuracy of a published version on a test set."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from serving.contract import Card
from training.commands import existing_folder, say
from training.config import TrainConfig
from training.datasets import Asked
from training.datasets.catalogue import CATALOGUE
from training.errors import EXIT_PUBLISHED, EXIT_REFUSED, BadArgument

EXAMPLES = """examples:
  python -m training evaluate --saved-model models/mnist/3
  python -m training evaluate --saved-model models/mnist/3 --dataset mnist --min-accuracy 0.99

Exit status: 0 accurate enough, 3 not accurate enough, 2 bad arguments, 1 any other error.
"""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to the parser."""
    parser = subparsers.add_parser(
        "evaluate",
        help="evaluate a published version on a test set",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--saved-model", type=Path, required=True, help="folder of the version")
    parser.add_argument("--dataset", help="name or PATH of a data set (default: the named one on the card)")
    parser.add_argument("--data-dir", type=Path, help="folder to search for the data first")
    parser.add_argument("--min-accuracy", type=float, help="default: the data set's own")


def _asked(card: Card | None) -> Asked:
    """Prepare own pictures by the version's recipe, and drop duplicates: they matter only to training."""
    return Asked(card.recipe if card else None, drop_duplicates=True)


def _dataset_of(folder: Path, card: Card | None) -> str:
    """Return the named data set that a version was trained on; a card has no path of own pictures."""
    dataset = card.dataset if card else "mnist"
    if dataset not in CATALOGUE:
        raise BadArgument(
            f"{folder} was trained on own pictures, {dataset!r}: pass their path with --dataset"
        )
    return dataset


def run(arguments: argparse.Namespace) -> int:
    """Evaluate the version; the result goes to stdout, the verdict is the exit status."""
    folder = existing_folder("--saved-model", arguments.saved_model)
    from serving.store.layout import card_of

    card = card_of(folder)
    dataset = arguments.dataset or _dataset_of(folder, card)
    config = TrainConfig(dataset=dataset, data_dir=arguments.data_dir, min_accuracy=arguments.min_accuracy)
    from training import datasets
    from training.evaluation import metrics
    from training.export import replay

    data = datasets.open_dataset(config.dataset, config.data_dir, _asked(card))
    if datasets.is_path(config.dataset):
        config = replace(config, traits=data.traits)
    if card is not None and card.labels != data.labels:
        raise BadArgument(f"--dataset {dataset}: its labels differ from those of {folder}")
    (answers,) = replay.replay([folder], data.test.images)
    figures = metrics.figures(answers.probabilities, data.test.labels, data.labels)
    say({"saved_model": str(folder), "dataset": dataset, **figures})
    missing = config.required_accuracy - figures["accuracy"]
    if missing > 0:
        print(f"test accuracy is {missing:.4f} below {config.required_accuracy:g}", file=sys.stderr)
    return EXIT_REFUSED if missing > 0 else EXIT_PUBLISHED
