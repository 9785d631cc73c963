"""What hostile inputs are put to: the decoder with the preparation, and the reading of request bodies.

A target takes bytes and tells what became of them; whatever it raises is a defect.
"""

from __future__ import annotations

import logging
import warnings
import zlib
from collections.abc import Callable
from functools import cache

from flask.testing import FlaskClient

from serving.contract import RECIPES
from serving.errors import InputError
from serving.gateway.app import create_app
from serving.gateway.settings.settings import Settings
from serving.images import FITS, Limits, decode, prepare
from tests.hostile.case import Request
from tests.hostile.documents import CLASSIFY, INFER, PREDICT
from tests.hostile.tensors import HEADER
from tests.unit.gateway.fakes import FakePredictor

Target = Callable[[bytes], str]

LIMITS = Limits()
PROBLEM = "application/problem+json"
TEMPLATES = (
    (CLASSIFY, (("Content-Type", "multipart/form-data; boundary=x"),)),
    (CLASSIFY, (("Content-Type", "application/json"),)),
    (CLASSIFY, (("Content-Type", "image/png"), ("Content-Encoding", "gzip"))),
    (CLASSIFY + "?include=input,probabilities", (("Content-Type", "application/octet-stream"),)),
    (PREDICT, (("Content-Type", "application/json"),)),
    (PREDICT, (("Content-Encoding", "deflate"),)),
    (INFER, ()),
    (INFER, ((HEADER, "100"),)),
)
"""Paths and headers for bodies that come without."""


class Broken(AssertionError):
    """An answer that no input may lead to."""


def picture(data: bytes) -> str:
    """Decode and prepare a file, by the recipe and the fit that its checksum chooses."""
    mark = zlib.crc32(data)
    recipe, fit = RECIPES[mark % len(RECIPES)], FITS[0] if mark % 5 else FITS[-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            prepared = prepare(decode(data, LIMITS), recipe, fit=fit)
        except InputError as error:
            return type(error).__name__
    if prepared.pixels.shape != (28, 28) or not 0.0 <= prepared.ink <= 1.0:
        raise Broken(f"pixels {prepared.pixels.shape}, ink {prepared.ink}")
    return "a picture"


def request(data: bytes) -> str:
    """Answer a request that ``written`` has put into bytes."""
    return answer(read(data))


def body(data: bytes) -> str:
    """Answer a request whose path and headers the first byte chooses."""
    path, headers = TEMPLATES[data[0] % len(TEMPLATES) if data else 0]
    return answer(Request("", path, headers, data[1:]))


def answer(asked: Request) -> str:
    """Have a gateway in this process answer; the status, with the code of a problem.

    Raises:
        Broken: for a 5xx, and for an error that is no problem document.
    """
    response = _client().open(asked.path, method=asked.method, headers=list(asked.headers), data=asked.body)
    status, content_type = response.status_code, response.content_type
    if status >= 500 or (status >= 400 and content_type != PROBLEM):
        raise Broken(f"{status} {content_type} {response.data[:200]!r}")
    return str(status) if status < 400 else f"{status} {response.get_json()['code']}"


def written(asked: Request) -> bytes:
    """A request as bytes: its path, its headers, an empty line, its body."""
    lines = [asked.path, *(f"{name}: {value}" for name, value in asked.headers), "", ""]
    return "\n".join(lines).encode("latin-1", "replace") + asked.body


def read(data: bytes) -> Request:
    """The request that ``written`` has put into bytes, damaged or not."""
    head, _, content = data.partition(b"\n\n")
    path, *lines = head.decode("latin-1").split("\n")
    pairs = (line.partition(": ") for line in lines)
    headers = tuple((name, value) for name, colon, value in pairs if colon and _can_be_sent(name, value))
    return Request("", path, headers, content)


def _can_be_sent(name: str, value: str) -> bool:
    """Whether gunicorn would let a header through: the others never reach the application."""
    return name.replace("-", "").isalnum() and name.isascii() and not set(value) & set("\r\n\0")


@cache
def _client() -> FlaskClient:
    logging.disable(logging.ERROR)
    return create_app(Settings(models=("digits",), access_log=False), FakePredictor()).test_client()
