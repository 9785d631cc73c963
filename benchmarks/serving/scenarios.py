"""The loads that every system is measured under, and their figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.serving.forms import Body, Form
from benchmarks.serving.pictures import Pictures
from benchmarks.serving.running import Running, SystemFailed, ask, labels_in
from benchmarks.serving.systems import CLIENTS
from benchmarks.serving.wrk import Drive, Load, drive, percentile

MAIN_CLIENTS = 32
MANY, LARGE = "64 images", "JPEG"
_MANY_CLIENTS = 4
_LARGE_CLIENTS = 8
_WARM_UP_SECONDS = 2.0

Bodies = Callable[[Form], "tuple[str, list[Body]]"]


@dataclass(frozen=True)
class Scenario:
    """A load.

    Attributes:
        name: name of the load, a part of its figures' names.
        clients: number of concurrent requests.
        bodies: returns content type and bodies in a system's format.
        images: number of pictures per request.
    """

    name: str
    clients: int
    bodies: Bodies
    images: int = 1


def scenarios(pictures: Pictures, clients: tuple[int, ...] | None) -> list[Scenario]:
    """Return all loads or, for given numbers of clients, only those with one small picture per request."""
    small = [Scenario(str(count), count, _single(pictures)) for count in clients or CLIENTS]
    if clients:
        return small
    return [
        *small,
        Scenario(MANY, _MANY_CLIENTS, _many(pictures), len(pictures.small)),
        Scenario(LARGE, _LARGE_CLIENTS, _large(pictures)),
    ]


def measure(target: Running, scenario: Scenario, seconds: float) -> dict[str, float]:
    """Measure a running system under a load; returns figures by name."""
    kind, bodies = scenario.bodies(target.system.form)
    target.settle()
    before = target.cpu_seconds()
    seen = drive(target.url, Load(target.system.form, kind, bodies, scenario.clients, seconds))
    used = target.cpu_seconds() - before
    return {
        f"rate {scenario.name}": seen.rate * scenario.images,
        f"p50 {scenario.name}": percentile(seen.times, 0.5),
        f"p99 {scenario.name}": percentile(seen.times, 0.99),
        f"cpu per 1000 {scenario.name}": used / max(seen.answered, 1) * 1000,
        f"client cpu {scenario.name}": seen.client_cpu / seen.seconds,
        "answered": seen.answered,
        "wrong": seen.wrong,
        "failed": _failures(seen),
    }


def check(target: Running, pictures: Pictures) -> None:
    """Check the answer for every picture, then warm the system up under load.

    Raises:
        SystemFailed: if an answer is wrong.
    """
    form = target.system.form
    if form.checked:
        asked = [form.one(picture) for picture in (*pictures.small, *pictures.large)]
        asked.append(form.many(pictures.small))
        for kind, body in asked:
            status, answer = ask(target.url, form, kind, body.data)
            if status != 200 or labels_in(answer, form) != body.labels:
                raise SystemFailed(
                    f"{target.system.title} answered {status} {answer[:200]}; expected {body.labels}"
                )
    kind, bodies = _single(pictures)(form)
    drive(target.url, Load(form, kind, bodies, MAIN_CLIENTS, _WARM_UP_SECONDS))


def _failures(seen: Drive) -> float:
    return seen.failed + sum(seen.statuses.values())


def _single(pictures: Pictures) -> Bodies:
    return lambda form: (form.one(pictures.small[0])[0], [form.one(each)[1] for each in pictures.small])


def _large(pictures: Pictures) -> Bodies:
    return lambda form: (form.one(pictures.large[0])[0], [form.one(each)[1] for each in pictures.large])


def _many(pictures: Pictures) -> Bodies:
    def bodies(form: Form) -> tuple[str, list[Body]]:
        kind, body = form.many(pictures.small)
        return kind, [body]

    return bodies
