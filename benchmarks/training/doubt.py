"""Measure the doubt of published versions.

    python -m benchmarks.training.doubt --models-dir models

For the newest version of each model, prints the expected calibration error on the test set, and how well
``ood_score`` separates the test set from strangers, as the area under the ROC curve (0.5 is guessing, 1 is
perfect). Strangers are the other data set's test pictures, uniform noise, and blank pictures of every grey
level. Each version is loaded in a separate process.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.markdown import table
from benchmarks.serving.pictures import newest
from benchmarks.training.statistics import percent
from serving.contract import card_from_json
from training import datasets
from training.evaluation.metrics import calibration_error
from training.export import replay

OTHER = {"mnist": "fashion_mnist", "fashion_mnist": "mnist"}
_NOISE = 2_000
_SEED = 0


def main() -> None:
    """Measure and print the table."""
    parser = described("benchmarks.training.doubt", __doc__)
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--models", nargs="+", default=list(OTHER), help="names below --models-dir")
    given = parser.parse_args()
    head = ["version", "accuracy", "calibration error", "the other data set", "noise", "blank"]
    rows = [judge(newest(given.models_dir / name)) for name in given.models]
    print(machine.describe("tensorflow", "scikit-learn"), "\n")
    print(table([*head, "test pictures called strange"], rows))


def judge(version: Path) -> list[str]:
    """Measure a version; returns the cells of its row."""
    (answers,) = replay.replay([version], np.zeros((1, 28, 28), np.uint8))
    card = card_from_json(answers.card.encode())
    test = datasets.load(card.dataset).test
    shown = {"test": test.images, **strangers(datasets.load(OTHER[card.dataset]).test.images)}
    (answers,) = replay.replay([version], np.concatenate(list(shown.values())))
    probabilities = answers.probabilities[: len(test)]
    scores = split(answers.scores, shown)
    threshold = card.thresholds.ood_above or np.inf
    return [
        f"{version.parent.name} {version.name}",
        percent(float(np.mean(probabilities.argmax(axis=1) == test.labels))),
        percent(calibration_error(probabilities, test.labels)),
        *(f"{area(scores['test'], scores[name]):.4f}" for name in list(shown)[1:]),
        percent(float(np.mean(scores["test"] > threshold))),
    ]


def strangers(other: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
    """Return pictures of unknown things by kind, uint8 ``[N, 28, 28]`` each."""
    noise = np.random.default_rng(_SEED).integers(0, 256, (_NOISE, 28, 28), dtype=np.uint8)
    blank = np.repeat(np.arange(256, dtype=np.uint8), 28 * 28).reshape(256, 28, 28)
    return {"other": other, "noise": noise, "blank": blank}


def split(
    scores: NDArray[np.float32], shown: Mapping[str, NDArray[np.uint8]]
) -> dict[str, NDArray[np.float32]]:
    """Split scores ``[N]`` of pictures, concatenated in the order of ``shown``, by kind."""
    ends = np.cumsum([len(images) for images in shown.values()])[:-1]
    return dict(zip(shown, np.split(scores, ends), strict=True))


def area(known: NDArray[np.float32], strange: NDArray[np.float32]) -> float:
    """Return the area under the ROC curve: how often a strange picture scores higher than a known one."""
    truth = np.concatenate([np.zeros(len(known)), np.ones(len(strange))])
    return float(roc_auc_score(truth, np.concatenate([known, strange])))


if __name__ == "__main__":
    main()
