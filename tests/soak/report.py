"""A soak's report: markdown for people, a plot, and JSON with every figure."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from tests.soak.run import Soaked
from tests.soak.watch import MASTER, MEASURES, MODEL_SERVER, WORKER

ROLES = (MASTER, WORKER, MODEL_SERVER)


def write(soaked: Soaked, folder: Path) -> None:
    """Write ``report.md``, ``soak.png`` and ``soak.json`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    body = figures(soaked)
    (folder / "soak.json").write_text(json.dumps(body, indent=1) + "\n")
    (folder / "report.md").write_text(markdown(body))
    plot(soaked, body, folder / "soak.png")


def figures(soaked: Soaked) -> dict[str, Any]:
    """All figures as plain JSON types."""
    tally, events, watch = soaked.tally, soaked.events, soaked.watch
    warm_up = min(120.0, soaked.seconds / 10)
    return {
        "passed": soaked.passed,
        "seconds": round(soaked.seconds, 1),
        "capacity": round(soaked.capacity, 1),
        "rate": round(soaked.rate, 1),
        "right": tally.total,
        "by_kind": dict(tally.answered),
        "wrong": tally.wrong[:20],
        "wrong_count": len(tally.wrong),
        "failed_in_faults": len(tally.failures) - len(soaked.unexcused),
        "failed_by_status": {str(k): n for k, n in Counter(f.status for f in tally.failures).items()},
        "unexcused": [vars(failure) for failure in soaked.unexcused[:20]],
        "unexcused_count": len(soaked.unexcused),
        "not_sent": tally.not_sent,
        "events": events.done,
        "recoveries": [round(each, 3) for each in events.recoveries],
        "interval": tally.interval,
        "latency_ms": [_latency(number, seconds) for number, seconds in sorted(tally.seconds.items())],
        "slopes_per_hour": {role: watch.slopes(role, warm_up) for role in ROLES},
        "at_the_end": {role: watch.last(role)._asdict() for role in ROLES},
        "samples": {f"{role} {pid}": samples for (role, pid), samples in watch.samples.items()},
    }


def _latency(number: int, seconds: list[float]) -> dict[str, float]:
    p50, p99 = np.percentile(seconds, (50, 99)) * 1000
    return {
        "interval": number,
        "answers": len(seconds),
        "p50": round(float(p50), 2),
        "p99": round(float(p99), 2),
    }


def markdown(body: dict[str, Any]) -> str:
    """The report to read."""
    done = body["events"]
    p50 = [each["p50"] for each in body["latency_ms"]]
    p99 = [each["p99"] for each in body["latency_ms"]]
    third = max(1, len(p99) // 3)
    lines = [
        "# Soak\n",
        f"{'Passed' if body['passed'] else 'FAILED'}: {body['seconds'] / 60:.1f} minutes at "
        f"{body['rate']:.0f} requests/s, {body['rate'] / body['capacity']:.0%} of {body['capacity']:.0f}.\n",
        "| what | figure |",
        "| --- | --- |",
        f"| right answers | {body['right']:,} |",
        f"| wrong answers | {body['wrong_count']} |",
        f"| failed because of a fault, while it lasted | {body['failed_in_faults']} |",
        f"| failed otherwise | {body['unexcused_count']} |",
        f"| not sent, since all callers were waiting | {body['not_sent']} |",
        f"| version swaps (of them back) | {done['swap']} ({done['rollback']}) |",
        f"| model server killed and restarted | {done['outage']} |",
        f"| answers again after its return | {', '.join(f'{each:.2f} s' for each in body['recoveries'])} |",
        f"| gateway workers killed | {done['worker']} |",
        f"| p50, median of the intervals | {np.median(p50):.1f} ms |",
        f"| p99, median of the first and of the last third | {np.median(p99[:third]):.1f} ms, "
        f"{np.median(p99[-third:]):.1f} ms |",
        "\n| process | MB | MB an hour | threads | an hour | descriptors | an hour |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for role, slopes in body["slopes_per_hour"].items():
        last = body["at_the_end"][role]
        cells = [f"{last[name]:.0f} | {_slope(slopes[name])}" for name in MEASURES]
        lines.append(f"| {role} | {' | '.join(cells)} |")
    lines += [f"\nWrong: {each}" for each in body["wrong"]]
    lines += [f"\nFailed: {each}" for each in body["unexcused"]]
    return "\n".join(lines) + "\n"


def _slope(value: float | None) -> str:
    return "too short" if value is None else f"{value:+.2f}"


def plot(soaked: Soaked, body: dict[str, Any], path: Path) -> None:
    """Memory of every process and the latency of every interval over time, as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 8), layout="constrained")
    above, middle, below = figure.subplots(3, 1, sharex=True)
    for (role, pid), samples in soaked.watch.samples.items():
        minutes = [sample.at / 60 for sample in samples]
        above.plot(minutes, [sample.megabytes for sample in samples], label=f"{role} {pid}")
        middle.plot(minutes, [sample.descriptors for sample in samples])
    above.set_ylabel("resident MB")
    above.legend(fontsize=6)
    middle.set_ylabel("file descriptors")
    minutes = [(each["interval"] + 0.5) * body["interval"] / 60 for each in body["latency_ms"]]
    for name in ("p50", "p99"):
        below.plot(minutes, [each[name] for each in body["latency_ms"]], label=name)
    below.set_yscale("log")
    below.set_ylabel("milliseconds")
    below.set_xlabel("minutes")
    below.legend()
    figure.savefig(path, dpi=120)
