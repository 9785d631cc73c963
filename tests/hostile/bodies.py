"""All hostile requests, as many damaged ones as are asked for, and those that hypothesis thinks of."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterator

from hypothesis import strategies as st

from tests.hostile import documents, forms, tensors
from tests.hostile.case import Request
from tests.hostile.corpus import SEED
from tests.hostile.damage import damaged
from tests.hostile.pictures import sound
from tests.hostile.targets import written

LONGEST = 20_000
"""Bytes of the requests that are damaged: many small ones tell more than a few large ones."""


def requests() -> Iterator[Request]:
    """Every hostile request that was thought of."""
    yield from forms.cases()
    yield from documents.cases()
    yield from tensors.cases()


def sound_requests() -> tuple[Request, ...]:
    """Requests that are answered with 200."""
    picture = sound("PNG")
    json_of = {"images": [{"b64": base64.b64encode(picture).decode(), "name": "a"}]}
    row = [[[0.0]] * 28] * 28
    return (
        forms.form("form", forms.closed(forms.part('form-data; name="a"; filename="a.png"', picture))),
        Request("raw", documents.CLASSIFY, (("Content-Type", "image/png"),), picture),
        Request("json", documents.CLASSIFY, documents.JSON, json.dumps(json_of).encode()),
        Request(
            "gzip",
            documents.CLASSIFY,
            (("Content-Type", "image/png"), ("Content-Encoding", "gzip")),
            gzip.compress(picture),
        ),
        Request("rows", documents.PREDICT, documents.JSON, json.dumps({"instances": [row]}).encode()),
        Request("columns", documents.PREDICT, documents.JSON, json.dumps({"inputs": [row]}).encode()),
        tensors.infer("v2", {"inputs": [tensors.tensor()]}, tensors.PICTURE),
    )


def damaged_requests(count: int, seed: int = SEED) -> Iterator[bytes]:
    """Requests spoiled at random, as ``targets.request`` takes them."""
    random_ = random.Random(seed)
    whole = [written(each) for each in sound_requests()] * 10
    whole += [data for data in map(written, requests()) if len(data) < LONGEST]
    for _ in range(count):
        head, gap, body = random_.choice(whole).partition(b"\n\n")
        if random_.random() < 0.1:
            head = damaged(random_, head, whole)
        yield head + gap + damaged(random_, body, whole)


_names = st.sampled_from(
    ["images", "inputs", "instances", "outputs", "name", "b64", "shape", "datatype", "data", "parameters",
     "binary_data_size", "binary_data", "binary_data_output", "signature_name", "id"]
)  # fmt: skip
_leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(["images", "FP32", "BYTES", base64.b64encode(sound("PNG")).decode()]),
)  # fmt: skip
_documents = st.recursive(
    _leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(_names, inner, max_size=5)),
    max_leaves=20,
)
_parts = st.builds(
    lambda name, kind, data: forms.part(f'form-data; name="{name}"; filename="{name}"', data, kind),
    st.text(max_size=20),
    st.sampled_from(["Content-Type: image/png", "X: y", "Content-Type: text/plain; charset=x", "x"]),
    st.one_of(st.binary(max_size=200), st.just(sound("PNG"))),
)


def _json_request(path: str, document: object, length: str | None) -> Request:
    headers = documents.JSON if length is None else (*documents.JSON, (tensors.HEADER, length))
    return Request("", path, headers, json.dumps(document).encode())


invented: st.SearchStrategy[bytes] = st.one_of(
    st.builds(
        _json_request,
        st.sampled_from([documents.CLASSIFY, documents.PREDICT, documents.INFER]),
        st.one_of(_documents, st.dictionaries(_names, _documents, max_size=4)),
        st.one_of(st.none(), st.integers(-5, 500).map(str), st.text("0123456789+-. eE", max_size=12)),
    ),
    st.lists(_parts, max_size=6).map(lambda parts: forms.form("", forms.closed(*parts))),
    st.binary(max_size=400).map(lambda data: forms.form("", data)),
).map(written)
"""Requests out of the words that the API knows, in every order but the right one."""
