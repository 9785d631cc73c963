"""Measure this project beside its peers, in turns, on this machine.

Examples:
    All systems, in under 25 minutes on an idle machine::

        python -m benchmarks.serving --models-dir models

    A quick look at two systems, in two minutes::

        python -m benchmarks.serving --quick --systems gateway,litserve

    This checkout beside an earlier one::

        python -m benchmarks.serving --before ../earlier --systems gateway,before

    Table and plot of an earlier run::

        python -m benchmarks.serving --redraw build/benchmarks/serving.json

Requires wrk. The peers are installed once, into build/peers, from lock files with hashes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from subprocess import CalledProcessError

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.serving import figures, overhead, overload, pictures, plot, scenarios, table
from benchmarks.serving.figures import Figures
from benchmarks.serving.pictures import Pictures, newest
from benchmarks.serving.running import Running, SystemFailed, running
from benchmarks.serving.systems import EMBEDDED, GATEWAY, GATEWAY_TFS, System, all_systems
from benchmarks.serving.wrk import WrkError
from serving.stack.commands import TENSORFLOW_SERVING

OUTPUT = Path("build/benchmarks/serving.json")
FLOOR_OUTPUT = Path("build/benchmarks/floor.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, store, print and plot; returns exit status 1 if a system could not be measured."""
    args = _arguments(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end in an exception, which stops the servers
    failed = False
    if args.redraw:
        found = figures.read(args.redraw)
    else:
        try:
            found, failed = _measure(args)
        except WrkError as error:
            print(f"python -m benchmarks.serving: {error}", file=sys.stderr)
            return 1
        found.write(args.output)
    plot.draw(found, args.plot)
    print(table.tables(found, _floor_images(args.floor)))
    print(f"\nFigures in {args.output}, plot in {args.plot}.", file=sys.stderr)
    return int(failed)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = described("benchmarks.serving", __doc__)
    binary = shutil.which(TENSORFLOW_SERVING)
    add = parser.add_argument
    add("--models-dir", type=Path, default=Path("models"), metavar="DIR")
    add("--model", default="mnist", help="a model for MNIST; its newest version (default: %(default)s)")
    add("--data-dir", type=Path, help="folder to search for MNIST first")
    add("--seconds", type=float, default=4, help="per measurement (default: %(default)s)")
    add("--rounds", type=int, default=3, help="starts of each system, in turns (default: %(default)s)")
    add("--systems", help="names, separated by commas (default: all)")
    add("--quick", action="store_true", help="one round of two seconds, for a quick look")
    add(
        "--tensorflow-serving",
        type=Path,
        default=binary,
        metavar="FILE",
        help="also measure it behind the gateway",
    )
    add("--before", type=Path, metavar="DIR", help="another checkout of this project to compare with")
    add("--output", type=Path, default=OUTPUT, metavar="JSON", help="default: %(default)s")
    add("--plot", type=Path, default=OUTPUT.with_suffix(".png"), metavar="PNG", help="default: %(default)s")
    add("--floor", type=Path, default=FLOOR_OUTPUT, metavar="JSON", help="output of benchmarks.floor")
    add("--redraw", type=Path, metavar="JSON", help="measure nothing; show an earlier run")
    args = parser.parse_args(arguments)
    args.chosen = _chosen(parser, args)
    if args.quick:
        args.seconds, args.rounds = 2, 1
    return args


def _chosen(parser: argparse.ArgumentParser, args: argparse.Namespace) -> list[System]:
    known = all_systems(args.tensorflow_serving, args.before)
    names = args.systems.split(",") if args.systems else list(known)
    unknown = sorted(set(names) - set(known))
    if unknown:
        parser.error(f"--systems: {', '.join(unknown)} is unknown; choose from {', '.join(known)}")
    return [known[name] for name in known if name in names]


def _measure(args: argparse.Namespace) -> tuple[Figures, bool]:
    saved_model = newest(args.models_dir / args.model)
    sent = pictures.make(saved_model, args.data_dir)
    settings = f"{args.rounds} rounds in turns, {args.seconds:g} s each, {date.today().isoformat()}"
    found = Figures(machine.describe(), settings)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / args.model).symlink_to(saved_model.parent.resolve())
        for number in range(args.rounds):
            for system in args.chosen:
                _say(f"round {number + 1} of {args.rounds}: {system.title}")
                kind, body = system.form.one(sent.small[0])
                try:
                    with running(system, saved_model.resolve(), Path(folder), kind, body) as target:
                        _one_system(target, sent, args, found)
                except (SystemFailed, CalledProcessError) as error:
                    failed = True
                    _say(f"  not measured: {error}")
    return found, failed


def _one_system(target: Running, sent: Pictures, args: argparse.Namespace, found: Figures) -> None:
    system = target.system
    scenarios.check(target, sent)
    found.titles[system.name], found.versions[system.name] = system.title, system.versions()
    found.add(system.name, {"start": target.start_seconds})
    for scenario in scenarios.scenarios(sent, system.clients):
        measured = scenarios.measure(target, scenario, args.seconds)
        found.add(system.name, measured)
        rate, tail = measured[f"rate {scenario.name}"], measured[f"p99 {scenario.name}"]
        _say(f"  {scenario.name}: {rate:,.0f}/s, p99 {tail:.1f} ms")
    resident, proportional = target.memory()
    found.add(system.name, {"resident": resident, "proportional": proportional})
    if system.name in (EMBEDDED, GATEWAY_TFS):
        found.add(system.name, overhead.measure(target, args.model, sent, args.seconds))
    if system.name in (GATEWAY, GATEWAY_TFS):
        found.add(system.name, overload.measure(target, sent, args.seconds))


def _floor_images(path: Path) -> float | None:
    return float(json.loads(path.read_text())["images_per_second"]) if path.is_file() else None


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
