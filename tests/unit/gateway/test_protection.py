"""Keys, rates, other origins, headers."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from serving.gateway import keys
from serving.gateway.middleware import key_file
from tests.unit.gateway.asking import caller, refused
from tests.unit.gateway.fakes import FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, png


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.txt"


def create(file: Path, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert keys.main(["create", name, "--file", str(file)]) == 0
    return capsys.readouterr().out.strip()


def locked(file: Path, **settings: object) -> FlaskClient:
    return caller(FakePredictor(), api_keys_file=str(file), **settings)


def classify(client: FlaskClient, **headers: str) -> int:
    return client.post(CLASSIFY, data=png(), content_type="image/png", headers=headers).status_code


def test_any_key_in_the_file_is_let_in(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = create(file, "phone", capsys), create(file, "desk", capsys)
    client = locked(file)
    assert classify(client, Authorization=f"Bearer {one}") == 200
    assert classify(client, Authorization=f"bearer {two}") == 200
    assert classify(client, **{"X-API-Key": one}) == 200


def test_no_key_is_401_and_says_how(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(file, "phone", capsys)
    response = locked(file).post(CLASSIFY, data=png(), content_type="image/png")
    assert refused(response) == (401, "missing_key")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("wrong", ["x", "mnist_", "Bearer", "ä", "x" * 10_000])
def test_another_key_is_403(file: Path, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    key = create(file, "phone", capsys)
    client = locked(file)
    for presented in (wrong, key[:-1], key + "x"):
        assert classify(client, **{"X-API-Key": presented}) == 403


def test_a_digest_is_no_key(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = create(file, "phone", capsys)
    assert classify(locked(file), **{"X-API-Key": key_file.digest(key)}) == 403


def test_unknown_paths_need_a_key_as_well(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(file, "phone", capsys)
    assert locked(file).get("/nope").status_code == 401


def test_health_metrics_and_page_are_exempt_as_set(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(file, "phone", capsys)
    groups = {
        "health": ("/healthz", "/readyz", "/v2/health/live", "/v2/health/ready"),
        "metrics": ("/metrics",),
        "page": ("/", "/docs", "/openapi.json"),
    }
    for exempt in ((), *((name,) for name in groups)):
        client = locked(file, auth_exempt=exempt)
        for name, paths in groups.items():
            for path in paths:
                assert (client.get(path, buffered=True).status_code == 200) == (name in exempt), (
                    path,
                    exempt,
                )


def test_models_need_a_key(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(file, "phone", capsys)
    assert locked(file).get("/v1/models").status_code == 401


def test_keys_are_read_again_when_the_file_changes(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = create(file, "phone", capsys)
    client = locked(file)
    assert classify(client, **{"X-API-Key": old}) == 200
    new = create(file, "desk", capsys)
    assert keys.main(["revoke", "phone", "--file", str(file)]) == 0
    end = time.monotonic() + 10
    while classify(client, **{"X-API-Key": new}) != 200:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert classify(client, **{"X-API-Key": old}) == 403


def test_a_file_that_becomes_unreadable_leaves_the_last_good_keys(
    file: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    key = create(file, "phone", capsys)
    client = locked(file)
    file.write_text("what is this\n")
    end = time.monotonic() + 10
    while "not read again" not in caplog.text:
        assert classify(client, **{"X-API-Key": key}) == 200
        assert time.monotonic() < end
        time.sleep(0.05)
    assert classify(client, **{"X-API-Key": key}) == 200


def test_a_file_that_cannot_be_read_ends_the_start(file: Path) -> None:
    file.write_text("phone nothex\n")
    with pytest.raises(key_file.KeyFileError, match="line 1"):
        locked(file)


def test_the_file_holds_no_key_and_is_its_owners_alone(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = create(file, "phone", capsys)
    assert key not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert os.listdir(file.parent) == [file.name]


def test_a_key_has_256_bits_and_is_never_the_same() -> None:
    made = {key_file.make_key() for _ in range(100)}
    assert len(made) == 100
    assert all(len(key) == len(key_file.PREFIX) + 43 for key in made)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["create", "phone"], 1),
        (["create", "a b"], 2),
        (["revoke", "nobody"], 1),
    ],
)
def test_the_command_refuses_what_it_cannot_do(
    file: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int
) -> None:
    create(file, "phone", capsys)
    assert keys.main([*arguments, "--file", str(file)]) == status
    assert "error" in capsys.readouterr().err


def test_the_command_lists_names_only(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(file, "phone", capsys)
    create(file, "desk", capsys)
    assert keys.main(["list", "--file", str(file)]) == 0
    assert capsys.readouterr().out == "phone\ndesk\n"


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


def test_rates_are_counted_for_each_key(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = create(file, "phone", capsys), create(file, "desk", capsys)
    client = locked(file, rate_limit="1/hour")
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


def test_no_origin_is_allowed_unless_set(client: FlaskClient) -> None:
    response = client.get("/v1/models", headers={"Origin": "https://example.org"})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_the_origins_of_the_settings_may_call(predictor: FakePredictor) -> None:
    client = caller(predictor, cors_origins=("https://example.org",))
    allowed = client.get("/v1/models", headers={"Origin": "https://example.org"})
    other = client.get("/v1/models", headers={"Origin": "https://evil.example"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://example.org"
    assert "X-Request-ID" in allowed.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in other.headers
    assert allowed.headers["Vary"] == other.headers["Vary"] == "Origin"


def test_a_preflight_needs_no_key(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(file, "phone", capsys)
    client = locked(file, cors_origins=("*",))
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    response = client.options(CLASSIFY, headers=asked)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]


def test_errors_can_be_read_by_allowed_origins(predictor: FakePredictor) -> None:
    client = caller(predictor, cors_origins=("*",))
    response = client.get("/nope", headers={"Origin": "https://example.org"})
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (404, "*")


@pytest.mark.parametrize("path", ["/healthz", "/nope", "/v1/models", "/openapi.json", "/docs", "/"])
def test_every_answer_has_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy
    assert len(headers.getlist("Content-Security-Policy")) == 1
