"""The profile: the part of the work that a stack belongs to, and its share of a request."""

from __future__ import annotations

import pytest

from benchmarks.serving.profile import OTHER, PARTS, Profile, as_table, count, part_of

VIEW = (
    "run (uvloop/__init__.py:92);wsgi_app (flask/app.py:1);_classify (serving/gateway/routes/classify.py:5)"
)


@pytest.mark.parametrize(
    ("inner", "part"),
    [
        ("", "Flask, Werkzeug, hooks, routes"),
        (";decode (serving/images/decode.py:57);open (PIL/Image.py:3)", "decoding"),
        (";is_mnist_format (serving/images/ink/mnist_format.py:1)", "preparing"),
        (";_predict (serving/local/predictor.py:3);run (serving/model_server/servable.py:9)", "model"),
        (";count_answer (serving/gateway/telemetry/metrics.py:8)", "counting, metrics"),
        (";judge (serving/gateway/inference/judgement.py:8)", "judging"),
        (";_respond (serving/gateway/routes/classify.py:8)", "writing the answer"),
    ],
)  # fmt: skip
def test_a_stack_belongs_to_the_most_specific_part_on_it(inner: str, part: str) -> None:
    assert part_of(VIEW + inner) == part


def test_a_stack_of_no_known_part_counts_as_anything_else() -> None:
    assert part_of("main (somewhere.py:1)") == OTHER


def test_idle_threads_are_not_counted() -> None:
    lines = [f"{VIEW} 7", "run (threading.py:982);_worker (concurrent/futures/thread.py:81) 90", " 5"]
    assert count(lines) == {"Flask, Werkzeug, hooks, routes": 7}


def test_parts_are_shares_of_the_time_of_a_request() -> None:
    profile = Profile(400.0, {"model": 3, OTHER: 1})
    assert profile.of("model") == 300
    rows = as_table({"1": profile, "64 images": profile}).splitlines()
    assert rows[0] == "| us of processor time per request | 1 client | 64 images per request |"
    assert rows[2] == "| model | 300 | 300 |"
    assert rows[-1] == "| together | 400 | 400 |"
    assert len(rows) == 2 + len(PARTS) + 2
