"""``python -m training train``: train, gate, publish."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from training.commands import say
from training.config import (
    ARCHITECTURES,
    AUGMENTATIONS,
    DEFAULT_MODEL,
    DEFAULT_MODELS,
    GATES,
    LOSSES,
    OPTIMIZERS,
    PREPARATIONS,
    Options,
    TrainConfig,
    default_model,
)
from training.datasets import Dataset, Traits, is_path, open_dataset
from training.datasets.catalogue import CATALOGUE
from training.jobs import Job, open_job
from training.outcome import Outcome
from training.recipes import PROFILES
from training.transfer import architecture_of

EXAMPLES = """examples:
  python -m training train
  python -m training train --dataset fashion_mnist --model resnet --profile full
  python -m training train --model dense-512 --epochs 12 --target-accuracy 0.98 --min-accuracy 0.975
  python -m training train --dataset digits --model mine.py --no-normalise --loss mean-squared-error
  python -m training train --dataset letters/ --recipe ink --name letters
  python -m training train --run-dir runs/night     # the same again continues a run that was cut off

The last line of stdout is one JSON object. Exit status: 0 published, 3 refused by the gate, 2 bad arguments,
143 ended by SIGTERM (state saved), 1 anything else.
"""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "train",
        help="train a model, evaluate it on the test set, publish it if the gate accepts it",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add_what(parser)
    add_how(parser)
    add_gate(parser)


def add_what(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is trained and where things are."""
    group = parser.add_argument_group("what and where")
    group.add_argument(
        "--dataset",
        default="mnist",
        help=f"{', '.join(CATALOGUE)}, or PATH: a folder with a folder of pictures for each class, an .npz, "
        "a folder of IDX files, a CSV (default: mnist)",
    )
    group.add_argument(
        "--recipe",
        dest="preparation",
        help=f"{', '.join(PREPARATIONS)}: how own pictures are prepared, here and when they are served "
        "(default: ink, or symbol where pictures have several marks)",
    )
    group.add_argument(
        "--max-bad",
        type=float,
        default=0.01,
        help="share of your own pictures that may be unusable (default: 0.01)",
    )
    group.add_argument(
        "--drop-duplicates",
        action="store_true",
        help="skip copies among your own pictures, instead of exiting",
    )
    group.add_argument(
        "--extra",
        type=Path,
        metavar="PATH",
        help="corrections to train with as well, such as corrections/mnist",
    )
    group.add_argument(
        "--extra-weight",
        type=int,
        default=10,
        help="how often each correction is shown per epoch (default: 10)",
    )
    group.add_argument(
        "--from",
        dest="start_from",
        type=Path,
        metavar="VERSION",
        help="start from the convolutions of a published version, such as models/mnist/3",
    )
    defaults = ", ".join([DEFAULT_MODEL, *(f"{m} for {d}" for d, m in DEFAULT_MODELS.items())])
    group.add_argument(
        "--model",
        help=f"{', '.join(ARCHITECTURES)}, or FILE.py whose build() gives the layers (default: {defaults})",
    )
    group.add_argument(
        "--units", type=int, help="neurons of a hidden layer, or filters of the first convolution"
    )
    group.add_argument("--layers", type=int, help="hidden layers of a dense net")
    group.add_argument("--dropout", type=float, help="share of the activations dropped before the last layer")
    group.add_argument("--name", help="name of the published model (default: the data set's)")
    group.add_argument("--models-dir", type=Path, default=Path("models"), help="default: models")
    group.add_argument("--run-dir", type=Path, help="default: runs/<time>-<dataset>-<model>")
    group.add_argument("--data-dir", type=Path, help="first folder to search for the data")


def add_how(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how it is trained."""
    group = parser.add_argument_group("how")
    group.add_argument("--profile", default="standard", help=f"{', '.join(PROFILES)} (default: standard)")
    group.add_argument("--epochs", type=int, help="default: the profile's")
    group.add_argument("--batch-size", type=int, help="default: the profile's")
    group.add_argument(
        "--learning-rate", type=float, help="highest learning rate of the schedule; default: the profile's"
    )
    group.add_argument(
        "--target-accuracy",
        type=float,
        help="validation accuracy at which training ends; 0 never ends early; default: the profile's",
    )
    group.add_argument("--optimizer", help=f"{', '.join(OPTIMIZERS)}; default: the profile's")
    group.add_argument("--loss", help=f"{', '.join(LOSSES)}; default: the profile's")
    group.add_argument("--augmentation", help=f"{', '.join(AUGMENTATIONS)}; default: the profile's")
    group.add_argument(
        "--no-normalise",
        action="store_true",
        help="feed the net 0..255 instead of 0..1, to see the effect",
    )
    group.add_argument("--validation-split", type=float, default=0.1, help="share held out (default: 0.1)")
    group.add_argument("--seed", type=int, default=0, help="default: 0")
    group.add_argument("--deterministic", action="store_true", help="bit-identical results, more slowly")


def add_gate(parser: argparse.ArgumentParser) -> None:
    """Add the options of the gate."""
    group = parser.add_argument_group("gate")
    group.add_argument(
        "--min-accuracy", type=float, help="lowest accuracy on the test set; default: the data set's"
    )
    group.add_argument(
        "--min-class-recall", type=float, default=0.0, help="lowest recall of the worst class (default: 0)"
    )
    group.add_argument(
        "--max-calibration-error",
        type=float,
        default=1.0,
        help="highest calibration error (default: 1, no limit)",
    )
    group.add_argument("--gate", default="point", help=f"{', '.join(GATES)} (default: point)")
    group.add_argument(
        "--max-drop",
        type=float,
        default=0.01,
        help="how far the accuracy may be below the best ever published (default: 0.01)",
    )
    group.add_argument(
        "--allow-regression",
        action="store_true",
        help="publish even if a published version is better or cannot be compared",
    )
    group.add_argument(
        "--allow-other-data",
        action="store_true",
        help="publish even if the version that serves was trained on other data",
    )
    group.add_argument(
        "--models-config",
        type=Path,
        metavar="FILE",
        help="model server configuration, which says what serves (default: MODELS_DIR/models.config)",
    )
    group.add_argument(
        "--keep", type=int, metavar="N", help="then keep only the N newest versions and those that serve"
    )


def config_from(arguments: argparse.Namespace, traits: Traits | None = None) -> TrainConfig:
    """The checked configuration.

    Args:
        arguments: of the command line.
        traits: of the data set where it is somebody's own and has been read.

    Raises:
        BadArgument: naming the option.
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
        return architecture_of(arguments.start_from)
    return default_model(arguments.dataset, traits)


def run(arguments: argparse.Namespace) -> int:
    """Train; the gate's reasons go to stderr, the outcome to stdout."""
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
        print(f"{job.run_folder.path} has ended already; nothing to do")
        return job.earlier
    from training import runtime

    runtime.import_quietly(warm=job.worker.count == 1)
    from training import pipeline

    return pipeline.run(job.config, job=job, data=data)
