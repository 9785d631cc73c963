"""Overload: four times the peak rate, from clients that send at a steady pace."""

from __future__ import annotations

import time

from benchmarks.serving.pictures import Pictures
from benchmarks.serving.running import Running
from benchmarks.serving.scenarios import scenarios
from benchmarks.serving.systems import CLIENTS
from benchmarks.serving.wrk import Load, drive, percentile

TIMES = 4
OVERLOAD_CLIENTS = 1024
"""More clients than all workers queue together, so that some requests must be refused."""
TOO_MANY = 429


def measure(target: Running, pictures: Pictures, seconds: float) -> dict[str, float]:
    """Measure the peak rate, then the overload, then the memory a second later; returns figures by name."""
    kind, bodies = scenarios(pictures, (CLIENTS[-1],))[0].bodies(target.system.form)
    form = target.system.form
    target.settle()
    peak = drive(target.url, Load(form, kind, bodies, CLIENTS[-1], seconds)).rate
    target.settle()
    before = target.memory()[1]
    load = Load(form, kind, bodies, OVERLOAD_CLIENTS, seconds, per_second=TIMES * peak)
    seen = drive(target.url, load)
    time.sleep(1)
    refused = seen.statuses.get(TOO_MANY, 0)
    return {
        "overload peak": peak,
        "overload answered": seen.rate,
        "overload offered": (seen.answered + sum(seen.statuses.values())) / seen.seconds,
        "overload refused": refused / seen.seconds,
        "overload other": seen.failed + sum(seen.statuses.values()) - refused,
        "overload p50": percentile(seen.times, 0.5),
        "overload p99": percentile(seen.times, 0.99),
        "overload refusal p50": percentile(seen.refusals, 0.5),
        "overload refusal p99": percentile(seen.refusals, 0.99),
        "overload memory before": before,
        "overload memory after": target.memory()[1],
        "overload wrong": seen.wrong,
    }
