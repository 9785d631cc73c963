"""``python -m training train``: train a model and publish it if the gate allows."""

from __future__ import annotations

import argparse
import sys

from training.architectures import ARCHITECTURES, Options
from training.commands import say, train_options
from training.config import TrainConfig, default_model
from training.datasets import Dataset, Traits, is_path, open_dataset
from training.errors import BadArgument
from training.jobs import Job, open_job
from training.outcome import Outcome
from training.transfer import architecture_of

EXAMPLES = """examples:
  python -m training train
  python -m training train --dataset fashion_mnist --model resnet --profile full
  python -m training train --model dense-512 --epochs 12 --target-accuracy 0.98 --min-accuracy 0.975
  python -m training train --dataset digits --model mine.py --no-normalise --loss mean-squared-error
  python -m training train --dataset letters/ --recipe ink --name letters
  python -m training train --run-dir runs/night     # run it again to continue after an interruption

The last line of stdout is one JSON object. Exit status: 0 published, 3 refused by the gate, 2 bad arguments,
143 ended by SIGTERM with its state saved, 1 any other error.
"""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to the parser."""
    parser = subparsers.add_parser(
        "train",
        help="train a model, evaluate it on the test set, publish it if the gate allows",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    for add_group in (
        train_options.add_data,
        train_options.add_model,
        train_options.add_training,
        train_options.add_output,
        train_options.add_gate,
    ):
        add_group(parser)


def config_from(arguments: argparse.Namespace, traits: Traits | None = None) -> TrainConfig:
    """Build the checked configuration.

    Args:
        arguments: the parsed command line.
        traits: traits of the user's own data set, once it has been read.

    Raises:
        BadArgument: if a value is invalid; the message names the option.
    """
    given = vars(arguments)
    options = Options(
        units=given["units"],
        layers=given["layers"],
        dropout=given["dropout"],
        normalise=not given["no_normalise"],
    )
    own = {name: given[name] for name in ("optimizer", "loss", "augmentation") if given[name] is not None}
    same = {name: given[name] for name in TrainConfig.__dataclass_fields__ if name in given}
    same["model"] = given["model"] or _default_model(arguments, traits)
    return TrainConfig(**same, traits=traits, options=options, overrides=own)


def _default_model(arguments: argparse.Namespace, traits: Traits | None) -> str:
    if arguments.start_from is not None:
        architecture = architecture_of(arguments.start_from)
        if architecture not in ARCHITECTURES:
            raise BadArgument(
                f"--from {arguments.start_from}: its architecture is {architecture}; pass the --model and "
                "the options that it was trained with"
            )
        return architecture
    return default_model(arguments.dataset, traits)


def run(arguments: argparse.Namespace) -> int:
    """Run the training job; the outcome goes to stdout, the gate's reasons go to stderr."""
    config = config_from(arguments)
    data = None
    if is_path(config.dataset) or config.extra is not None:
        data = open_dataset(config.dataset, config.data_dir, config.asked, config.corrections)
        config = config_from(arguments, data.traits if is_path(config.dataset) else None)
    outcome = _outcome(open_job(config), data)
    for reason in outcome.refusals:
        print(f"refused: {reason}", file=sys.stderr)
    say(outcome.to_dict())
    return outcome.exit_code


def _outcome(job: Job, data: Dataset | None) -> Outcome:
    if job.earlier is not None:
        print(f"{job.run_folder.path} has already ended; nothing to do")
        return job.earlier
    from training import runtime

    runtime.import_quietly(warm=job.worker.count == 1)
    from training import pipeline

    return pipeline.run(job.config, job=job, data=data)
