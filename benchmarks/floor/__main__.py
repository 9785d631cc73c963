"""Measure each part of a request alone, as the limit that other results can be compared with.

    python -m benchmarks.floor --models-dir models

Measures in one process: decoding, preparing, the TensorFlow call by batch size, and JSON. Then measures whole
requests of 64 pictures with one process per core, and an empty Flask route under gunicorn with wrk.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.floor import all_cores, parts
from benchmarks.markdown import table
from benchmarks.serving import pictures, scenarios
from benchmarks.serving.pictures import Pictures, newest
from benchmarks.serving.running import running
from benchmarks.serving.systems import FLOOR, all_systems

OUTPUT = Path("build/benchmarks/floor.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, store and print the figures."""
    args = _arguments(arguments)
    parts.limit_threads()
    saved_model = newest(args.models_dir / args.model)
    sent = pictures.make(saved_model, args.data_dir)
    images = all_cores.images_per_second(saved_model, sent.small, args.seconds)
    route = _empty_route(saved_model, args.models_dir, sent, args.seconds)
    call = parts.load_model(saved_model)
    each = parts.image_parts(sent, args.seconds)
    each["JSON of one answer"] = parts.json_part(call, args.seconds)
    batches = parts.model_parts(call, args.seconds)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(
        json.dumps(
            {"images_per_second": images, "empty_route": route, "seconds": each, "batches": batches}, indent=1
        )
    )
    _print(each, batches, images, route)
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = described("benchmarks.floor", __doc__)
    parser.add_argument("--models-dir", type=Path, default=Path("models"), metavar="DIR")
    parser.add_argument("--model", default="mnist", help="a model for MNIST (default: %(default)s)")
    parser.add_argument("--data-dir", type=Path, help="folder to search for MNIST first")
    parser.add_argument("--seconds", type=float, default=2, help="per measurement (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="JSON", help="default: %(default)s")
    return parser.parse_args(arguments)


def _empty_route(saved_model: Path, models: Path, sent: Pictures, seconds: float) -> dict[str, float]:
    system = all_systems(None)[FLOOR]
    kind, body = system.form.one(sent.small[0])
    found = {}
    with running(system, saved_model, models, kind, body) as target:
        scenarios.check(target, sent)
        for scenario in scenarios.scenarios(sent, (1, scenarios.MAIN_CLIENTS)):
            found[scenario.name] = scenarios.measure(target, scenario, seconds)[f"rate {scenario.name}"]
    return found


def _print(each: dict[str, float], batches: dict[int, float], images: float, route: dict[str, float]) -> None:
    print(machine.describe("tensorflow", "pillow", "numpy", "orjson"), "\n")
    rows = [[name, f"{taken * 1e6:,.0f}", f"{1 / taken:,.0f}"] for name, taken in each.items()]
    rows += [
        [f"TensorFlow, batch of {size}", f"{taken / size * 1e6:,.0f}", f"{size / taken:,.0f}"]
        for size, taken in batches.items()
    ]
    print(table(["one process", "µs per picture", "pictures/s"], rows))
    print(f"\nWhole requests of 64 pictures, one process per core: {images:,.0f} images/s.")
    for clients, rate in route.items():
        print(f"Empty Flask route under gunicorn, clients: {clients}: {rate:,.0f} requests/s.")


if __name__ == "__main__":
    sys.exit(main())
