"""Rate limits: what is counted, for whom, and what callers read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.gateway.asking import caller, refused
from tests.unit.gateway.fakes import FakePredictor
from tests.unit.gateway.keyed import classify, create, locked
from tests.unit.gateway.pictures import CLASSIFY, png


def test_a_rate_over_the_limit_is_429_with_the_time_to_wait(predictor: FakePredictor) -> None:
    client = caller(predictor, rate_limit="3/hour")
    assert [classify(client) for _ in range(3)] == [200] * 3
    response = client.post(CLASSIFY, data=png(), content_type="image/png")
    assert refused(response) == (429, "rate_limited")
    assert 1 <= int(response.headers["Retry-After"]) <= 3601
    assert [client.get(path, buffered=True).status_code for path in ("/healthz", "/metrics", "/")] == [
        200
    ] * 3


@pytest.mark.parametrize(
    ("storage", "said"), [("memory://", True), ("redis://127.0.0.1:1", False)], ids=["memory", "shared"]
)
def test_rates_counted_by_each_worker_are_said_to_be_at_the_start(
    predictor: FakePredictor, caplog: pytest.LogCaptureFixture, storage: str, said: bool
) -> None:
    with caplog.at_level("INFO", "serving"):
        caller(predictor, rate_limit="3/hour", rate_limit_storage=storage, workers=4)
    assert ("4 workers, up to 4 times 3/hour" in caplog.text) is said


def test_rates_are_counted_for_each_key(keys_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = create(keys_file, "phone", capsys), create(keys_file, "desk", capsys)
    client = locked(keys_file, rate_limit="1/hour")
    assert [classify(client, **{"X-API-Key": key}) for key in (one, two, one)] == [200, 200, 429]


def test_rates_are_counted_for_each_address(predictor: FakePredictor) -> None:
    client = caller(predictor, rate_limit="1/hour")
    addresses = ["198.51.100.1", "198.51.100.2", "198.51.100.1"]
    answers = [client.get("/v1/models", environ_base={"REMOTE_ADDR": each}) for each in addresses]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_nobody_escapes_by_claiming_an_address(predictor: FakePredictor) -> None:
    client = caller(predictor, rate_limit="1/hour")
    forwarded = ["198.51.100.1", "198.51.100.2"]
    assert [classify(client, **{"X-Forwarded-For": address}) for address in forwarded] == [200, 429]
