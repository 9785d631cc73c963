"""Measure real uploads per second, beside peers that only resize them.

    python -m benchmarks.serving.uploads --models-dir models --uploads ../shared/uploads

Each system gets every upload once per round, one per request, from clients that keep their connections open
and send the next upload when the last one is answered. The systems take turns. This project prepares each
picture by its model's recipe, with one model for digits and one for clothing. The peers decode it with
Pillow, convert it to grey, resize it to 28x28, and use one model. An upload with another status than 200
counts as refused: this project refuses blank pictures, the peers refuse formats that they cannot read.
"""

from __future__ import annotations

import argparse
import http.client
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.markdown import table
from benchmarks.serving.pictures import Picture, newest
from benchmarks.serving.running import Running, SystemFailed, running
from benchmarks.serving.systems import GATEWAY, PEERS, System, all_systems
from benchmarks.uploads.manifest import read_manifest

MODELS = {"digits": "mnist", "fashion": "fashion_mnist"}
"""The model for each kind of upload."""
KIND = "image/*"


@dataclass(frozen=True)
class Sent:
    """A request: path, content type and body."""

    path: str
    kind: str
    body: bytes


@dataclass(frozen=True)
class Round:
    """The figures of a system for one round of all uploads.

    Attributes:
        rate: uploads answered per second, including refusals.
        refused: number of answers other than 200.
        cpu: processor milliseconds of all its processes per upload.
    """

    rate: float
    refused: int
    cpu: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the systems in turns and print the table; returns exit status 1 if one was not measured."""
    options = _parser().parse_args(arguments)
    known = all_systems(None, options.before)
    chosen = [known[name] for name in options.systems.split(",")]
    if options.before:
        chosen.insert(1, known["before"])
    rounds: dict[str, list[Round]] = {system.name: [] for system in chosen}
    with tempfile.TemporaryDirectory() as folder:
        for name in MODELS.values():
            (Path(folder) / name).symlink_to((options.models_dir / name).resolve())
        for _ in range(options.rounds):
            for system in chosen:
                try:
                    found = _round(system, Path(folder), options)
                    rounds[system.name].append(found)
                    print(f"{system.title}: {found.rate:.0f}/s", file=sys.stderr, flush=True)
                except SystemFailed as error:
                    print(f"not measured: {error}", file=sys.stderr)
    print(f"{machine.describe('pillow', 'tensorflow')}; {options.rounds} rounds, {options.clients} clients\n")
    print(_table(chosen, rounds))
    return int(not all(rounds.values()))


def requests_for(system: System, folder: Path) -> list[Sent]:
    """Return all uploads as requests in a system's format."""
    return list(_requests(system, folder))


def _requests(system: System, folder: Path) -> Iterator[Sent]:
    for upload in read_manifest(folder):
        kind, body = system.form.one(Picture(upload.path.read_bytes(), KIND, ""))
        path = system.form.path if system.peer else f"/v1/models/{MODELS[upload.kind]}:classify"
        yield Sent(path, kind, body.data)


def go_through(url: str, requests: Sequence[Sent], clients: int) -> list[int]:
    """Send all requests with ``clients`` concurrent clients; returns their statuses in order."""
    address = urlsplit(url).netloc

    def client(first: int) -> list[int]:
        connection = http.client.HTTPConnection(address, timeout=60)
        try:
            return [_ask(connection, each) for each in requests[first::clients]]
        finally:
            connection.close()

    with ThreadPoolExecutor(clients) as pool:
        shares = list(pool.map(client, range(clients)))
    return [shares[number % clients][number // clients] for number in range(len(requests))]


def _ask(connection: http.client.HTTPConnection, sent: Sent) -> int:
    connection.request("POST", sent.path, sent.body, {"Content-Type": sent.kind})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _round(system: System, models: Path, options: argparse.Namespace) -> Round:
    requests = requests_for(system, options.uploads)
    unchecked = replace(system, form=replace(system.form, path=requests[0].path, checked=False))
    saved_model = newest(options.models_dir / MODELS["digits"]).resolve()
    body = unchecked.form.one(Picture(_first(options.uploads), KIND, ""))[1]
    with running(unchecked, saved_model, models, requests[0].kind, body) as target:
        return _measured(target, requests, options.clients)


def _measured(target: Running, requests: Sequence[Sent], clients: int) -> Round:
    go_through(target.url, requests[: 4 * clients], clients)
    target.settle()
    used, begun = target.cpu_seconds(), time.perf_counter()
    statuses = go_through(target.url, requests, clients)
    taken = time.perf_counter() - begun
    used = target.cpu_seconds() - used
    refused = sum(status != http.client.OK for status in statuses)
    return Round(len(requests) / taken, refused, used / len(requests) * 1000)


def _first(folder: Path) -> bytes:
    return read_manifest(folder)[0].path.read_bytes()


def _table(systems: Sequence[System], rounds: dict[str, list[Round]]) -> str:
    rows = []
    for system in systems:
        if found := rounds[system.name]:
            rate, cpu = median(each.rate for each in found), median(each.cpu for each in found)
            rows.append([system.title, f"{rate:.0f}", f"{cpu:.1f}", str(max(each.refused for each in found))])
    return table(["", "uploads/s", "ms of processor each", "refused"], rows)


def _parser() -> argparse.ArgumentParser:
    parser = described("benchmarks.serving.uploads", __doc__)
    add = parser.add_argument
    add("--models-dir", type=Path, default=Path("models"), metavar="DIR", help="with both models")
    add("--uploads", type=Path, required=True, metavar="DIR", help="a folder with a MANIFEST.tsv")
    add("--clients", type=int, default=16, help="concurrent requests (default: 16)")
    add("--rounds", type=int, default=3, help="starts of each system, in turns (default: 3)")
    add("--systems", default=",".join((GATEWAY, *PEERS)), help="separated by commas (default: %(default)s)")
    add("--before", type=Path, metavar="DIR", help="another checkout of this project to compare with")
    return parser


if __name__ == "__main__":
    os.environ.setdefault("GATEWAY_ACCESS_LOG", "false")
    sys.exit(main())
