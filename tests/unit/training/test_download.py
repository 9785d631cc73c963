"""Downloads against a transport in memory: whole, resumed, retried, from the next mirror, refused."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest

from training.datasets import idx
from training.datasets.catalogue import IDX_FILES, Entry
from training.datasets.download import download
from training.errors import DatasetUnavailable

CONTENT = {
    name: idx.encode(np.arange(6, dtype=np.uint8).reshape((6,) if "labels" in name else (1, 2, 3)))
    for name in IDX_FILES
}
ENTRY = Entry(
    labels=("a",),
    recipe="ink@2",
    min_accuracy=0.5,
    other="mnist",
    sha256={name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()},
    mirrors=("https://first.example/", "https://second.example/"),
)
PACKED = {f"/{name}.gz": gzip.compress(content, mtime=0) for name, content in CONTENT.items()}

Answer = Callable[[httpx.Request], httpx.Response]


class Mirror:
    """A web server in memory that records its requests."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)

    def fetch(self, folder: Path) -> Path:
        with httpx.Client(transport=httpx.MockTransport(self)) as client:
            return download(ENTRY, folder, client, sleep=lambda _: None)


def whole(request: httpx.Request) -> httpx.Response:
    """Answer with a whole file, or with the rest of it if the request has a range."""
    content = PACKED[request.url.path]
    if "Range" not in request.headers:
        return httpx.Response(200, stream=httpx.ByteStream(content))
    start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    rest = httpx.ByteStream(content[start:])
    return httpx.Response(206, stream=rest) if start < len(content) else httpx.Response(416)


def test_the_four_files_arrive(tmp_path: Path) -> None:
    folder = Mirror(whole).fetch(tmp_path / "new")
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.gz" for name in IDX_FILES)


def test_files_that_are_there_are_not_fetched_again(tmp_path: Path) -> None:
    Mirror(whole).fetch(tmp_path)
    again = Mirror(whole)
    again.fetch(tmp_path)
    assert again.requests == []


def test_an_incomplete_download_is_resumed(tmp_path: Path) -> None:
    name = f"{IDX_FILES[0]}.gz"
    (tmp_path / f"{name}.first.example.part").write_bytes(PACKED[f"/{name}"][:10])
    mirror = Mirror(whole)
    mirror.fetch(tmp_path)
    assert mirror.requests[0].headers["Range"] == "bytes=10-"
    assert (tmp_path / name).read_bytes() == PACKED[f"/{name}"]


def test_a_broken_connection_is_retried(tmp_path: Path) -> None:
    broken = iter([True, True, False])

    def answer(request: httpx.Request) -> httpx.Response:
        if next(broken, False):
            raise httpx.ReadError("connection reset")
        return whole(request)

    mirror = Mirror(answer)
    mirror.fetch(tmp_path)
    assert [request.url.host for request in mirror.requests[:3]] == ["first.example"] * 3


def test_a_busy_mirror_is_retried(tmp_path: Path) -> None:
    busy = iter([True])
    mirror = Mirror(lambda request: httpx.Response(503) if next(busy, False) else whole(request))
    mirror.fetch(tmp_path)
    assert [request.url.host for request in mirror.requests[:2]] == ["first.example"] * 2


def test_an_unreachable_mirror_is_skipped(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "first.example":
            raise httpx.ConnectError("no route to host")
        return whole(request)

    mirror = Mirror(answer)
    mirror.fetch(tmp_path)
    assert [request.url.host for request in mirror.requests[:2]] == ["first.example", "second.example"]


def test_wrong_content_is_discarded_and_the_next_mirror_is_tried(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        wrong = gzip.compress(idx.encode(np.zeros(6, np.uint8)))
        if request.url.host == "first.example":
            return httpx.Response(200, stream=httpx.ByteStream(wrong))
        return whole(request)

    Mirror(answer).fetch(tmp_path)
    assert not list(tmp_path.glob("*.part"))
    assert (tmp_path / f"{IDX_FILES[1]}.gz").read_bytes() == PACKED[f"/{IDX_FILES[1]}.gz"]


def test_if_all_mirrors_fail_each_is_named_with_its_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetUnavailable, match=r"first\.example/: HTTP 404.*second\.example/: HTTP 404"):
        Mirror(lambda request: httpx.Response(404, request=request)).fetch(tmp_path)
