"""Measure the pictures per second for a set of uploads, beside decoding alone.

    python -m benchmarks.uploads.speed --uploads ../shared/uploads
    python -m benchmarks.uploads.speed --uploads ../shared/uploads --url http://127.0.0.1:8080

Each row processes all uploads, with one process per core. The first row only decodes them with Pillow,
reduced and in grey if the format allows, which is the limit. The second decodes them as the service does. The
third also prepares them. With ``--url``, a fourth sends them to a running gateway, one upload per request.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit

from PIL import Image, ImageFile

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.uploads.manifest import Upload, read_manifest
from serving.contract import RECIPE_GARMENT, RECIPE_INK
from serving.images import Limits, decode, detail_of, prepare

RECIPES = {"digits": RECIPE_INK, "fashion": RECIPE_GARMENT}
MODELS = {"digits": "mnist", "fashion": "fashion_mnist"}
_FLOOR_SIZE = (500, 500)

Work = Callable[[bytes, str], object]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = described("benchmarks.uploads.speed", __doc__)
    parser.add_argument("--uploads", type=Path, required=True, help="folder with a MANIFEST.tsv")
    parser.add_argument("--url", help="URL of a running gateway, such as http://127.0.0.1:8080")
    parser.add_argument("--clients", type=int, default=16, help="concurrent requests (default: 16)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the best counts (default: 3)")
    options = parser.parse_args(arguments)
    uploads = read_manifest(options.uploads)
    cores = len(os.sched_getaffinity(0))
    print(f"{machine.describe('pillow', 'numpy', 'opencv-python-headless')}\n")
    print(f"| {len(uploads)} uploads, {cores} processes | pictures/s | ms of processor each |")
    print("| --- | --- | --- |")
    for name, work in (("decoding alone", floor), ("decoded", decoded), ("decoded and prepared", done)):
        wall, processor = min(_spread(uploads, work, cores) for _ in range(options.rounds))
        each = 1000 * processor / len(uploads)
        print(f"| {name} | {len(uploads) / wall:.0f} | {each:.2f} |", flush=True)
    if options.url:
        wall = min(_ask(options.url, uploads, options.clients) for _ in range(options.rounds))
        print(f"| asked of the gateway, {options.clients} clients | {len(uploads) / wall:.0f} | - |")


def floor(data: bytes, kind: str) -> object:
    """Decode with Pillow alone, reduced and in grey if the format allows."""
    del kind
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    with Image.open(io.BytesIO(data)) as image:
        image.draft("L", _FLOOR_SIZE)
        image.load()
        return image.size


def decoded(data: bytes, kind: str) -> object:
    """Decode as the service does."""
    return decode(data, Limits(), detail=detail_of(RECIPES[kind]))


def done(data: bytes, kind: str) -> object:
    """Decode and prepare as the service does."""
    recipe = RECIPES[kind]
    return prepare(decode(data, Limits(), detail=detail_of(recipe)), recipe)


def _spread(uploads: Sequence[Upload], work: Work, processes: int) -> tuple[float, float]:
    """Return the wall seconds until all processes are done, and the processor seconds of all of them."""
    shares = [[(each.path, each.kind) for each in uploads[start::processes]] for start in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        spent = list(pool.map(_go_through, [work] * processes, shares))
    return max(wall for wall, _ in spent), sum(processor for _, processor in spent)


def _go_through(work: Work, share: Sequence[tuple[Path, str]]) -> tuple[float, float]:
    files = [(path.read_bytes(), kind) for path, kind in share]
    for data, kind in files[:8]:
        work(data, kind)
    wall, processor = time.perf_counter(), time.process_time()
    for data, kind in files:
        work(data, kind)
    return time.perf_counter() - wall, time.process_time() - processor


def _ask(url: str, uploads: Sequence[Upload], clients: int) -> float:
    """Return the seconds until all uploads are answered.

    The client runs on the same machine, so it uses Python's own lean HTTP client.
    """
    files = [(each.path.read_bytes(), MODELS[each.kind]) for each in uploads]
    address = urlsplit(url).netloc
    open_connections: SimpleQueue[HTTPConnection] = SimpleQueue()
    for _ in range(clients):
        open_connections.put(HTTPConnection(address, timeout=60.0))

    def ask(file: tuple[bytes, str]) -> int:
        data, model = file
        connection = open_connections.get()
        connection.request("POST", f"/v1/models/{model}:classify", data, {"Content-Type": "image/*"})
        reply = connection.getresponse()
        reply.read()
        open_connections.put(connection)
        return reply.status

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, files[:clients]))
        started = time.perf_counter()
        for status in pool.map(ask, files):
            assert status in (HTTPStatus.OK, HTTPStatus.UNPROCESSABLE_ENTITY), status
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
