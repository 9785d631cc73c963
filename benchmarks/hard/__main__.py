"""Measure a running gateway's accuracy on MNIST's test pictures, unchanged and made hard.

python -m benchmarks.hard --url http://127.0.0.1:8080 --images 1000
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np

from benchmarks import machine
from benchmarks.arguments import described
from serving.images.plain_png import to_png
from training import datasets
from training import hard_pictures as pictures

_TOGETHER = 32


def main() -> None:
    """Classify the same digits in every look, and print the accuracies."""
    parser = described("benchmarks.hard", __doc__)
    parser.add_argument("--url", required=True, help="URL of the gateway, such as http://127.0.0.1:8080")
    parser.add_argument("--model", default="mnist", help="name of the model (default: mnist)")
    parser.add_argument("--images", type=int, default=1000, help="number of test pictures (default: 1000)")
    parser.add_argument("--data-dir", type=Path, help="folder to search for MNIST first")
    args = parser.parse_args()
    test = datasets.load("mnist", args.data_dir).test
    digits, labels = test.images[: args.images], [str(label) for label in test.labels[: args.images]]
    print(f"{machine.describe('pillow', 'numpy')}\n\n| {len(digits)} digits | right |\n| --- | --- |")
    rng = np.random.default_rng(0)
    with httpx.Client(base_url=args.url, timeout=60.0) as client:
        plain = share(client, args.model, [to_png(digit) for digit in digits], labels)
        print(f"| as they are | {plain:.2f} % |", flush=True)
        for look in pictures.LOOKS:
            made = [pictures.hard_jpeg(digit, look, rng) for digit in digits]
            right = share(client, args.model, made, labels)
            print(f"| {look} | {right:.2f} % ({right - plain:+.2f}) |", flush=True)


def share(client: httpx.Client, model: str, images: Sequence[bytes], labels: Sequence[str]) -> float:
    """Return the percentage of right answers; a refused picture counts as wrong."""
    right = 0
    for first in range(0, len(images), _TOGETHER):
        files = [("image", (f"{n}", image)) for n, image in enumerate(images[first : first + _TOGETHER])]
        reply = client.post(
            f"/v1/models/{model}:classify", files=files, params={"top_k": 1}
        ).raise_for_status()
        answers = [prediction.get("label") for prediction in reply.json()["predictions"]]
        wanted = labels[first : first + _TOGETHER]
        right += sum(answer == label for answer, label in zip(answers, wanted, strict=True))
    return 100.0 * right / len(images)


if __name__ == "__main__":
    main()
