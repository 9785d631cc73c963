"""Requests of the Open Inference Protocol v2 that lie about their sizes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.hostile.case import Request
from tests.hostile.documents import INFER

HEADER = "Inference-Header-Content-Length"
PICTURE = bytes(28 * 28 * 4)


def cases() -> Iterator[Request]:
    """All of them."""
    yield from _header_lengths()
    yield from _binary_sizes()
    yield from _shapes()
    yield from _members()


def infer(name: str, document: Any, binary: bytes = b"", length: str | None = None) -> Request:  # noqa: ANN401
    """A request with tensors behind its JSON; ``length`` is what the header says, the truth when None."""
    text = json.dumps(document).encode()
    stated = str(len(text)) if length is None else length
    return Request(f"v2: {name}", INFER, ((HEADER, stated),), text + binary)


def tensor(size: object = len(PICTURE), **changes: object) -> dict[str, Any]:
    """The input of one picture, its bytes behind the JSON."""
    entry = {"name": "images", "shape": [1, 28, 28, 1], "datatype": "FP32"}
    return {**entry, "parameters": {"binary_data_size": size}, **changes}


def _header_lengths() -> Iterator[Request]:
    for length in (
        "0",
        "1",
        "-1",
        "+5",
        " 5",
        "5.0",
        "1e3",
        "0x10",
        "999999999",
        "99999999999999999999",
        "\xb2",
        "",
        "abc",
        "0005",
        "5,5",
        "NaN",
    ):
        yield infer(f"header length {length!r}", {"inputs": [tensor()]}, PICTURE, length)


def _binary_sizes() -> Iterator[Request]:
    sizes: tuple[object, ...] = (
        0,
        1,
        -1,
        3135,
        3137,
        2**31,
        2**63,
        2**70,
        1.5,
        True,
        "3136",
        None,
        [],
        {},
        -(2**63),
    )
    for size in sizes:
        yield infer(f"binary size {size!r}", {"inputs": [tensor(size)]}, PICTURE)
    yield infer("bytes left over", {"inputs": [tensor()]}, PICTURE + b"more")
    yield infer("bytes missing", {"inputs": [tensor()]}, PICTURE[:-1])
    yield infer("sizes that share bytes", {"inputs": [tensor(), tensor()]}, PICTURE)
    yield infer("binary and data", {"inputs": [tensor(data=[0.0])]}, PICTURE)
    yield infer("100,000 inputs of nothing", {"inputs": [tensor(0)] * 100_000})
    yield infer("NaN", {"inputs": [tensor()]}, b"\xff" * len(PICTURE))
    for content in (b"", b"\xff\xff\xff\xff", b"\1\0\0\0", b"\0\0\0\0" * 1_000):
        entry = tensor(len(content), datatype="BYTES", shape=[1])
        yield infer(f"text {content[:4]!r} {len(content)}", {"inputs": [entry]}, content)


def _shapes() -> Iterator[Request]:
    shapes: tuple[object, ...] = (
        [],
        [0],
        [-1, 28, 28, 1],
        [2**31 - 1, 28, 28, 1],
        [2**63, 28, 28, 1],
        [2**40, 2**40],
        [1.0, 28, 28, 1],
        ["1", 28, 28, 1],
        [True, 28, 28, 1],
        None,
        "1",
        {},
        [1] * 10_000,
        [[1], 28, 28, 1],
        [1, 28, 28],
        [0, 28, 28, 1],
    )
    for shape in shapes:
        yield infer(f"shape {str(shape)[:24]}", {"inputs": [tensor(shape=shape)]}, PICTURE)


def _members() -> Iterator[Request]:
    for name, change in (
        ("datatype FP64", {"datatype": "FP64"}),
        ("datatype null", {"datatype": None}),
        ("datatype nonsense", {"datatype": "a" * 10_000}),
        ("name nope", {"name": "nope"}),
        ("name of zeros", {"name": "\0" * 50}),
        ("parameters as list", {"parameters": []}),
        ("shared memory", {"parameters": {"shared_memory_region": "/dev/shm/x"}}),
    ):
        yield infer(name, {"inputs": [tensor(**change)]}, PICTURE)
    for name, document in (
        ("no inputs", {}),
        ("inputs null", {"inputs": None}),
        ("inputs of numbers", {"inputs": [1, 2]}),
        ("id a number", {"id": 1, "inputs": [tensor()]}),
        ("outputs a word", {"outputs": "a", "inputs": [tensor()]}),
        ("outputs unknown", {"outputs": [{"name": "nope"}], "inputs": [tensor()]}),
        ("100,000 outputs", {"outputs": [{"name": f"n{n}"} for n in range(100_000)], "inputs": [tensor()]}),
        (
            "classification",
            {
                "outputs": [{"name": "probabilities", "parameters": {"classification": 3}}],
                "inputs": [tensor()],
            },
        ),
    ):
        yield infer(name, document, PICTURE)
