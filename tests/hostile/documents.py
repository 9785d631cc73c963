"""JSON and compressed bodies as no client writes them."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterator
from functools import cache

from tests.hostile.bombs import packed
from tests.hostile.case import Request
from tests.hostile.pictures import sound

CLASSIFY = "/v1/models/digits:classify"
PREDICT = "/v1/models/digits:predict"
INFER = "/v2/models/digits/infer"
JSON = (("Content-Type", "application/json"),)
DEPTHS = (1_000, 100_000, 2_000_000)


def cases() -> Iterator[Request]:
    """All of them."""
    for path in (CLASSIFY, PREDICT, INFER):
        verb = path.rpartition(":")[2].rpartition("/")[2]
        yield from (Request(f"{verb}: {name}", path, JSON, body) for name, body in _rubbish())
        yield from (Request(f"{verb}: {name}", path, headers, body) for name, headers, body in _packed())
    yield from (Request(f"classify: {name}", CLASSIFY, JSON, body) for name, body in _images())
    yield from (Request(f"predict: {name}", PREDICT, JSON, body) for name, body in _instances())


def _rubbish() -> Iterator[tuple[str, bytes]]:
    for depth in DEPTHS:
        yield f"{depth:,} brackets", b"[" * depth
        yield f"{depth:,} brackets, closed", b'{"images":' + b"[" * depth + b"]" * depth + b"}"
        yield f"{depth:,} braces", b'{"a":' * depth + b"1" + b"}" * depth
        yield f"inputs of {depth:,} brackets", b'{"inputs":' + b"[" * depth + b"]" * depth + b"}"
    for text in (
        "",
        "null",
        "1",
        '"a"',
        "[]",
        "{}",
        "NaN",
        '{"images":NaN}',
        "1e999",
        '{"images":1e400}',
        "-",
        "{",
        '{"images":[]}{"images":[]}',
        '{"inputs":[],"inputs":[]}',
        '"\\ud800"',
        '{"\\ud800":1}',
        "\ufeff{}",
        '{"images":null}',
        '{"inputs":null}',
        '{"instances":null}',
        '{"instances":[]}',
        "[1,]",
        "{'a':1}",
    ):
        yield f"{text[:24]!r}", text.encode("utf-8", "surrogatepass")
    yield "bytes that are no text", b'{"images":"\xff\xfe"}'
    yield "another character set", '{"images":[]}'.encode("utf-16")
    yield "a number of a million digits", b'{"inputs":' + b"9" * 1_000_000 + b"}"
    yield "a string of five million", b'{"images":"' + b"a" * 5_000_000 + b'"}'
    yield "100,000 names", json.dumps({f"n{number}": number for number in range(100_000)}).encode()


def _packed() -> Iterator[tuple[str, tuple[tuple[str, str], ...], bytes]]:
    """Compressed bodies; the bombs are of 65,000 times what they hold at most."""
    plain = b'{"images":[]}'
    for encoding, body in (
        ("gzip", _gzip_bomb()),
        ("deflate", _deflate_bomb()),
        ("gzip", gzip.compress(_gzip_bomb())),
        ("gzip", gzip.compress(plain)[:-6]),
        ("gzip", gzip.compress(plain) + b"more"),
        ("gzip", gzip.compress(plain) * 1_000),
        ("gzip", plain),
        ("gzip", b""),
        ("deflate", zlib.compress(plain)[2:-4]),
        ("gzip, gzip", gzip.compress(gzip.compress(plain))),
        ("br", plain),
        ("identity, identity", plain),
        ("\t", plain),
        ("gzip;q=1", gzip.compress(plain)),
    ):
        name = f"{encoding!r} {len(body)} {zlib.crc32(body):08x}"
        yield name, (*JSON, ("Content-Encoding", encoding)), body


@cache
def _gzip_bomb() -> bytes:
    return gzip.compress(bytes(200_000_000), 9, mtime=0)


@cache
def _deflate_bomb() -> bytes:
    return zlib.compress(bytes(200_000_000), 9)


def _images() -> Iterator[tuple[str, bytes]]:
    picture = base64.b64encode(sound("PNG")).decode()
    for text in (
        "",
        "=",
        "====",
        "a",
        "not base64!",
        "data:image/png;base64," + picture,
        picture[:-3],
        picture + "=",
        picture.replace("i", "\n"),
        "\u00e4" * 100,
        "\0" * 10,
        "http://127.0.0.1:1/seven.png",
        "-_" * 50,
    ):
        yield f"b64 {text[:16]!r}", json.dumps({"images": [{"b64": text}]}).encode()
    entries: tuple[object, ...] = (
        None,
        1,
        "a",
        [],
        {},
        {"b64": None},
        {"b64": [picture]},
        {"b64": picture, "url": "http://x"},
    )
    for entry in entries:
        yield f"image {str(entry)[:24]}", json.dumps({"images": [entry]}).encode()
    names: tuple[object, ...] = (1, None, [], "\0\x1b[31m", "../../etc", "a\r\nX: 1", "\u202e", "x" * 1_000)
    for name in names:
        yield f"name {str(name)[:8]!r}", json.dumps({"images": [{"b64": picture, "name": name}]}).encode()
    yield "1,000 images", json.dumps({"images": [{"b64": picture}] * 1_000}).encode()
    yield "a million nothings", b'{"images":[' + b"{}," * 999_999 + b"{}]}"
    bomb = base64.b64encode(packed("PNG")).decode()
    yield "four bombs", json.dumps({"images": [{"b64": bomb}] * 4}).encode()


def _instances() -> Iterator[tuple[str, bytes]]:
    row = [[[0.0]] * 28] * 28
    deep: object = 0.0
    for _ in range(200):
        deep = [deep]
    for name, value in (
        ("ragged", [row, row[:-1]]),
        ("text", [["a"]]),
        ("numbers too large", [[[[10**400]]]]),
        ("deep", [deep]),
        ("1e308", [[[[1e308] * 1] * 28] * 28]),
        ("mixed", [row, 1]),
        ("objects", [{"images": row}, {}]),
        ("b64", [{"b64": "!!"}]),
        ("nothing within", [[]]),
        ("true", [[[[True] * 1] * 28] * 28]),
        ("null", [None]),
    ):
        yield f"instances: {name}", json.dumps({"instances": value}).encode()
        yield f"inputs: {name}", json.dumps({"inputs": value}).encode()
        yield f"inputs by name: {name}", json.dumps({"inputs": {"images": value}}).encode()
    yield "a million instances", b'{"instances":[' + b"0," * 999_999 + b"0]}"
    signatures: tuple[object, ...] = ("nope", "describe", "\0", "../x", "a" * 100_000, 1, None, [])
    for signature in signatures:
        body = {"instances": [row], "signature_name": signature}
        yield f"signature {str(signature)[:9]!r}", json.dumps(body).encode()
