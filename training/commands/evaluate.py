"""``python -m training evaluate``: judge a published version again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from training.commands import existing_folder, say
from training.config import TrainConfig
from training.errors import EXIT_PUBLISHED, EXIT_REFUSED

EXAMPLES = """examples:
  python -m training evaluate --saved-model models/mnist/3
  python -m training evaluate --saved-model models/mnist/3 --dataset mnist --min-accuracy 0.99

Exit status: 0 good enough, 3 not, 2 bad arguments, 1 anything else.
"""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "evaluate",
        help="judge a published version on a test set",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--saved-model", type=Path, required=True, help="the folder of a version")
    parser.add_argument("--dataset", help="default: the one that the version's card names")
    parser.add_argument("--data-dir", type=Path, help="the first place to look for the data")
    parser.add_argument("--min-accuracy", type=float, help="default: the data set's")


def run(arguments: argparse.Namespace) -> int:
    """Judge the version."""
    folder = existing_folder("--saved-model", arguments.saved_model)
    from serving.store.layout import card_of

    card = card_of(folder)
    dataset = arguments.dataset or (card.dataset if card else "mnist")
    config = TrainConfig(dataset=dataset, data_dir=arguments.data_dir, min_accuracy=arguments.min_accuracy)
    from training import datasets
    from training.evaluation import metrics
    from training.export import replay

    data = datasets.load(config.dataset, config.data_dir)
    (answers,) = replay.replay([folder], data.test.images)
    figures = metrics.figures(answers.probabilities, data.test.labels, data.labels)
    say({"saved_model": str(folder), "dataset": dataset, **figures})
    missing = config.required_accuracy - figures["accuracy"]
    if missing > 0:
        print(f"test accuracy is {missing:.4f} below {config.required_accuracy:g}", file=sys.stderr)
    return EXIT_REFUSED if missing > 0 else EXIT_PUBLISHED
