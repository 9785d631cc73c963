"""API keys: who is let in, what is exempt, the file of keys and the command that writes it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from serving.gateway import keys
from tests.unit.gateway.asking import refused
from tests.unit.gateway.keyed import classify, create, locked
from tests.unit.gateway.pictures import CLASSIFY, png


def test_any_key_in_the_file_is_let_in(keys_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = create(keys_file, "phone", capsys), create(keys_file, "desk", capsys)
    client = locked(keys_file)
    assert classify(client, Authorization=f"Bearer {one}") == 200
    assert classify(client, Authorization=f"bearer {two}") == 200
    assert classify(client, **{"X-API-Key": one}) == 200


def test_no_key_is_401_and_says_how(keys_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(keys_file, "phone", capsys)
    response = locked(keys_file).post(CLASSIFY, data=png(), content_type="image/png")
    assert refused(response) == (401, "missing_key")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("wrong", ["x", "mnist_", "Bearer", "ä", "x" * 10_000])
def test_another_key_is_403(keys_file: Path, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    key = create(keys_file, "phone", capsys)
    client = locked(keys_file)
    for presented in (wrong, key[:-1], key + "x"):
        assert classify(client, **{"X-API-Key": presented}) == 403


def test_a_digest_is_no_key(keys_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = create(keys_file, "phone", capsys)
    assert classify(locked(keys_file), **{"X-API-Key": keys.digest(key)}) == 403


def test_unknown_paths_need_a_key_as_well(keys_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(keys_file, "phone", capsys)
    assert locked(keys_file).get("/nope").status_code == 401


def test_health_metrics_and_page_are_exempt_as_set(
    keys_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create(keys_file, "phone", capsys)
    groups = {
        "health": ("/healthz", "/readyz", "/v2/health/live", "/v2/health/ready"),
        "metrics": ("/metrics",),
        "page": ("/", "/docs", "/openapi.json"),
    }
    for exempt in ((), *((name,) for name in groups)):
        client = locked(keys_file, auth_exempt=exempt)
        for name, paths in groups.items():
            for path in paths:
                assert (client.get(path, buffered=True).status_code == 200) == (name in exempt), (
                    path,
                    exempt,
                )


def test_models_need_a_key(keys_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(keys_file, "phone", capsys)
    assert locked(keys_file).get("/v1/models").status_code == 401


def test_keys_are_read_again_when_the_file_changes(
    keys_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = create(keys_file, "phone", capsys)
    client = locked(keys_file)
    assert classify(client, **{"X-API-Key": old}) == 200
    new = create(keys_file, "desk", capsys)
    assert keys.main(["revoke", "phone", "--file", str(keys_file)]) == 0
    end = time.monotonic() + 10
    while classify(client, **{"X-API-Key": new}) != 200:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert classify(client, **{"X-API-Key": old}) == 403


def test_a_file_that_becomes_unreadable_leaves_the_last_good_keys(
    keys_file: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    key = create(keys_file, "phone", capsys)
    client = locked(keys_file)
    keys_file.write_text("what is this\n")
    end = time.monotonic() + 10
    while "cannot be reread" not in caplog.text:
        assert classify(client, **{"X-API-Key": key}) == 200
        assert time.monotonic() < end
        time.sleep(0.05)
    assert classify(client, **{"X-API-Key": key}) == 200


def test_a_file_that_cannot_be_read_ends_the_start(keys_file: Path) -> None:
    keys_file.write_text("phone nothex\n")
    with pytest.raises(keys.KeyFileError, match="line 1"):
        locked(keys_file)


def test_the_file_holds_no_key_and_is_its_owners_alone(
    keys_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = create(keys_file, "phone", capsys)
    assert key not in keys_file.read_text()
    assert keys_file.stat().st_mode & 0o077 == 0
    assert os.listdir(keys_file.parent) == [keys_file.name]


def test_a_key_has_256_bits_and_is_never_the_same() -> None:
    made = {keys.make_key() for _ in range(100)}
    assert len(made) == 100
    assert all(len(key) == len(keys.PREFIX) + 43 for key in made)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["create", "phone"], 1),
        (["create", "a b"], 2),
        (["revoke", "nobody"], 1),
    ],
)
def test_the_command_refuses_what_it_cannot_do(
    keys_file: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int
) -> None:
    create(keys_file, "phone", capsys)
    assert keys.main([*arguments, "--file", str(keys_file)]) == status
    assert "error" in capsys.readouterr().err


def test_the_command_lists_names_only(keys_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(keys_file, "phone", capsys)
    create(keys_file, "desk", capsys)
    assert keys.main(["list", "--file", str(keys_file)]) == 0
    assert capsys.readouterr().out == "phone\ndesk\n"
