"""Count how many odd pictures of each kind are right, and how many wrong ones have the status ``ok``.

    python -m benchmarks.odd --saved-model models/mnist/1

The pictures are drawn from MNIST's test digits (``tests.odd.kinds``); another ``--seed`` draws others. Two
digits on one picture have no right answer, so only those with the status ``ok`` are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.uploads.in_process import LocalModel
from serving.errors import InputError
from serving.images import Limits, decode, detail_of, prepare
from tests.odd.kinds import KINDS, pair, pen_digit
from training import datasets

Answer = tuple[str | None, str]
"""Label and status; for an error, None and its code."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw and classify the pictures, and print the table."""
    parser = described("benchmarks.odd", __doc__)
    parser.add_argument("--saved-model", type=Path, required=True, metavar="DIR", help="a version for digits")
    parser.add_argument("--each", type=int, default=20, help="pictures per kind (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--data-dir", type=Path, help="folder to search for MNIST first")
    options = parser.parse_args(arguments)
    model, test = LocalModel(options.saved_model), datasets.load("mnist", options.data_dir).test
    print(f"{machine.describe('pillow', 'numpy', 'opencv-python-headless')}\n")
    print("| kind | right | wrong, but `ok` |\n| --- | --- | --- |")
    for number, (kind, draw) in enumerate(KINDS.items()):
        rng = np.random.default_rng([options.seed, number])
        chosen = rng.choice(len(test.images), options.each, replace=False)
        files = [draw(test.images[index], rng) for index in chosen]
        _print_row(kind, classify(model, files), [str(test.labels[index]) for index in chosen])
    rng = np.random.default_rng([options.seed, len(KINDS)])
    drawn = [pen_digit(rng) for _ in range(options.each)]
    _print_row("deep_scan", classify(model, [deep for _, deep, _ in drawn]), [label for label, _, _ in drawn])
    pairs = rng.choice(len(test.images), (2 * options.each, 2), replace=False)
    answers = classify(model, [pair(test.images[one], test.images[other], rng) for one, other in pairs])
    print(f"| pair | - | {sum(status == 'ok' for _, status in answers)} of {len(answers)} |")


def classify(model: LocalModel, files: Sequence[bytes]) -> list[Answer]:
    """Return the answer that the service would give for each file."""
    return [_answer(model, data) for data in files]


def _answer(model: LocalModel, data: bytes) -> Answer:
    recipe = model.card.recipe
    try:
        prepared = prepare(decode(data, Limits(), detail=detail_of(recipe)), recipe)
    except InputError as error:
        return None, error.code
    (found,) = model.judge([prepared])
    return model.card.labels[found.order[0]], found.status


def _print_row(kind: str, answers: Sequence[Answer], labels: Sequence[str]) -> None:
    right = [answer == label for (answer, _), label in zip(answers, labels, strict=True)]
    fooled = sum(status == "ok" and not was for (_, status), was in zip(answers, right, strict=True))
    print(f"| {kind} | {sum(right)} of {len(right)} | {fooled} |", flush=True)


if __name__ == "__main__":
    main()
