"""The options of ``python -m training train``, by group."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.architectures import ARCHITECTURES
from training.augmentation import STRENGTHS
from training.config import DEFAULT_MODEL, DEFAULT_MODELS
from training.config_checks import GATES, PREPARATIONS
from training.datasets.catalogue import CATALOGUE
from training.recipes import LOSSES, OPTIMIZERS, PROFILES


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the options for the data set."""
    add = parser.add_argument_group("data").add_argument
    add(
        "--dataset",
        default="mnist",
        help=f"{', '.join(CATALOGUE)}, or the PATH of your own pictures: a folder with one folder of "
        "pictures per class, an .npz file, a folder of IDX files, or a CSV file (default: mnist)",
    )
    add(
        "--recipe",
        dest="preparation",
        help=f"{', '.join(PREPARATIONS)}: how own pictures are prepared, for training and for serving "
        "(default: ink, or symbol if the pictures have several marks)",
    )
    add("--max-bad", type=float, default=0.01, help="share of own pictures that may be bad (default: 0.01)")
    add("--drop-duplicates", action="store_true", help="leave out copies among own pictures and corrections")
    add("--extra", type=Path, metavar="PATH", help="corrections to train on too, such as corrections/mnist")
    add(
        "--extra-weight",
        type=int,
        default=10,
        help="how often each correction is shown per epoch (default: 10)",
    )
    add("--data-dir", type=Path, help="folder to search for the data first")


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options for the architecture."""
    add = parser.add_argument_group("model").add_argument
    defaults = ", ".join([DEFAULT_MODEL, *(f"{m} for {d}" for d, m in DEFAULT_MODELS.items())])
    add(
        "--model",
        help=f"{', '.join(ARCHITECTURES)}, or FILE.py whose build() returns layers (default: {defaults})",
    )
    add("--units", type=int, help="neurons of each hidden layer, or filters of the first convolution")
    add("--layers", type=int, help="number of hidden layers of a dense net")
    add("--dropout", type=float, help="share of the activations dropped before the last layer")
    add(
        "--from",
        dest="start_from",
        type=Path,
        metavar="VERSION",
        help="start with the weights of a published version, such as models/mnist/3, except its last layer's",
    )


def add_training(parser: argparse.ArgumentParser) -> None:
    """Add the options for the training itself."""
    add = parser.add_argument_group("training").add_argument
    add("--profile", default="standard", help=f"{', '.join(PROFILES)} (default: standard)")
    add("--epochs", type=int, help="default: the profile's")
    add("--batch-size", type=int, help="default: the profile's")
    add("--learning-rate", type=float, help="highest rate of the schedule; default: the profile's")
    add(
        "--target-accuracy",
        type=float,
        help="validation accuracy at which training ends; 0 never ends it early; default: the profile's",
    )
    add("--optimizer", help=f"{', '.join(OPTIMIZERS)}; default: the profile's")
    add("--loss", help=f"{', '.join(LOSSES)}; default: the profile's")
    add("--augmentation", help=f"{', '.join(STRENGTHS)}; default: the profile's")
    add(
        "--no-normalise",
        action="store_true",
        help="give the net pixels of 0..255 instead of 0..1, to see the effect",
    )
    add("--validation-split", type=float, default=0.1, help="share held out for validation (default: 0.1)")
    add("--seed", type=int, default=0, help="default: 0")
    add("--deterministic", action="store_true", help="make results bit-identical, at some cost in speed")


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options for the folders that are written."""
    add = parser.add_argument_group("output").add_argument
    add("--name", help="name of the published model (default: the data set's)")
    add("--models-dir", type=Path, default=Path("models"), help="default: models")
    add("--run-dir", type=Path, help="default: runs/<time>-<dataset>-<model>")
    add(
        "--models-config",
        type=Path,
        metavar="FILE",
        help="the model server's configuration, which names the serving version "
        "(default: MODELS_DIR/models.config)",
    )
    add(
        "--keep",
        type=int,
        metavar="N",
        help="after publishing, keep only the N newest and the serving versions",
    )


def add_gate(parser: argparse.ArgumentParser) -> None:
    """Add the options for the gate."""
    add = parser.add_argument_group("gate").add_argument
    add("--min-accuracy", type=float, help="lowest accepted test accuracy; default: the data set's")
    add("--min-class-recall", type=float, default=0.0, help="lowest accepted recall of a class (default: 0)")
    add(
        "--max-calibration-error",
        type=float,
        default=1.0,
        help="highest accepted calibration error (default: 1, which accepts any)",
    )
    add("--gate", default="point", help=f"{', '.join(GATES)} (default: point)")
    add(
        "--max-drop",
        type=float,
        default=0.01,
        help="how far the accuracy may be below the best version ever published (default: 0.01)",
    )
    add(
        "--allow-regression",
        action="store_true",
        help="publish even if a published version is better or could not be compared",
    )
    add(
        "--allow-other-data",
        action="store_true",
        help="publish even if the serving version of this name was trained on other data",
    )
