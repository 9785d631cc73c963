"""Count how many numbers of a set are read right, and draw the others.

Examples:
    Real pictures; their failures are drawn in ``build/numbers``::

        python -m benchmarks.numbers --url http://127.0.0.1:8080 --numbers ../shared/numbers

    Synthetic pages of MNIST's test digits::

        python -m benchmarks.numbers --url http://127.0.0.1:8080 --synthetic 200 --mnist data/mnist
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.numbers import synthetic, through_api
from benchmarks.numbers.answers import Answer, table
from benchmarks.numbers.contact_sheet import write_contact_sheet
from benchmarks.numbers.manifest import KINDS, Number, read_manifest
from training.datasets import idx

_SEED = 19
_IMAGES, _LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print the tables; returns exit status 0."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.numbers and not options.synthetic:
        parser.error("give --numbers, --synthetic, or both")
    if options.synthetic and not options.mnist:
        parser.error("--synthetic needs --mnist, the folder with MNIST's test digits")
    options.sheets.mkdir(parents=True, exist_ok=True)
    print(f"{machine.describe('pillow', 'numpy', 'opencv-python-headless')}\n")
    with httpx.Client(base_url=options.url, timeout=60.0) as client:
        if options.numbers:
            answers = through_api.read(client, options.model, read_manifest(options.numbers))
            _print(f"{options.numbers.name}, model {options.model}", answers, KINDS)
            _draw(answers, options.sheets / "numbers.png")
        if options.synthetic:
            answers = through_api.read(client, options.model, _pages(options.mnist, options.synthetic))
            _print(f"synthetic pages, model {options.model}", answers, synthetic.KINDS)
            _draw(answers, options.sheets / "synthetic.png")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = described("benchmarks.numbers", __doc__)
    parser.add_argument("--url", required=True, help="URL of the gateway, such as http://127.0.0.1:8080")
    parser.add_argument("--numbers", type=Path, help="folder with a MANIFEST.tsv")
    parser.add_argument("--synthetic", type=int, default=0, metavar="N", help="number of pages per kind")
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's files")
    parser.add_argument("--model", default="mnist", help="name of the model (default: mnist)")
    parser.add_argument(
        "--sheets",
        type=Path,
        default=Path("build/numbers"),
        help="folder for contact sheets (default: build/numbers)",
    )
    return parser


def _pages(folder: Path, count: int) -> list[Number]:
    images, labels = idx.read(folder / _IMAGES, 3), idx.read(folder / _LABELS, 1)
    numbers = []
    for kind in synthetic.KINDS:
        for index in range(count):
            page = synthetic.page(images, labels, kind, _SEED, index)
            numbers.append(Number(f"{kind} {index}", page.digits, frozenset({kind}), page.file))
    return numbers


def _print(title: str, answers: Sequence[Answer], kinds: Sequence[str]) -> None:
    print(f"\n{title}\n")
    groups = [("all", lambda _: True)]
    groups += [(kind, lambda answer, kind=kind: kind in answer.number.kinds) for kind in kinds]  # type: ignore[misc]
    print("\n".join(table(answers, groups)))
    seconds = [answer.seconds for answer in answers]
    print(f"\nseconds per picture: median {statistics.median(seconds):.3f}, maximum {max(seconds):.3f}")


def _draw(answers: Sequence[Answer], path: Path) -> None:
    wrong = write_contact_sheet(answers, path)
    for answer in answers:
        if not answer.right:
            line = f"{answer.number.name}: {answer.number.text!r} read as {answer.text!r}, {answer.status}"
            print(line, file=sys.stderr)
    print(f"\n{wrong} wrong" + (f", drawn in {path}" if wrong else ""), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
