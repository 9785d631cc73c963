"""API keys: who is let in, what is exempt, the file of keys and the command that writes it."""

from __future__ import annotations

import os

import pytest

from serving.gateway.keys import PREFIX, KeyFileError, digest, make_key
from tests.unit.gateway.asking import post, refused
from tests.unit.gateway.keyed import KeyFile, answered
from tests.waiting import eventually

GROUPS = {
    "health": ("/healthz", "/readyz", "/v2/health/live", "/v2/health/ready"),
    "metrics": ("/metrics",),
    "page": ("/", "/docs", "/openapi.json"),
}


def test_any_key_in_the_file_is_let_in(key_file: KeyFile) -> None:
    one, two = key_file.phone, key_file.create("desk")
    client = key_file.locked()
    for value in (f"Bearer {one}", f"bearer {two}"):
        assert post(client, headers={"Authorization": value}).status_code == 200
    assert answered(client, one) == 200


def test_no_key_is_401_and_says_how(key_file: KeyFile) -> None:
    client = key_file.locked()
    response = post(client)
    assert refused(response) == (401, "missing_key")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert [client.get(path).status_code for path in ("/nope", "/v1/models")] == [401, 401]


@pytest.mark.parametrize("wrong", ["x", "mnist_", "Bearer", "ä", "x" * 10_000])
def test_another_key_is_403(key_file: KeyFile, wrong: str) -> None:
    key, client = key_file.phone, key_file.locked()
    for presented in (wrong, key[:-1], key + "x", digest(key)):
        assert answered(client, presented) == 403


@pytest.mark.parametrize("exempt", [(), *((name,) for name in GROUPS)])
def test_health_metrics_and_page_are_exempt_as_set(key_file: KeyFile, exempt: tuple[str, ...]) -> None:
    client = key_file.locked(auth_exempt=exempt)
    found = {name: {client.get(path, buffered=True).status_code for path in GROUPS[name]} for name in GROUPS}
    assert found == {name: {200} if name in exempt else {401} for name in GROUPS}


def test_keys_are_read_again_when_the_file_changes(key_file: KeyFile) -> None:
    client = key_file.locked()
    assert answered(client, key_file.phone) == 200
    new = key_file.create("desk")
    assert key_file.command("revoke", "phone") == 0
    eventually(lambda: answered(client, new) == 200)
    assert answered(client, key_file.phone) == 403


def test_a_file_that_becomes_unreadable_leaves_the_last_good_keys(
    key_file: KeyFile, caplog: pytest.LogCaptureFixture
) -> None:
    client = key_file.locked()
    key_file.path.write_text("what is this\n")
    eventually(lambda: answered(client, key_file.phone) != 200 or "cannot be reread" in caplog.text)
    assert answered(client, key_file.phone) == 200


def test_a_file_that_cannot_be_read_ends_the_start(key_file: KeyFile) -> None:
    key_file.path.write_text("phone nothex\n")
    with pytest.raises(KeyFileError, match="line 1"):
        key_file.locked()


def test_the_file_holds_no_key_and_is_its_owners_alone(key_file: KeyFile) -> None:
    assert key_file.phone not in key_file.path.read_text()
    assert key_file.path.stat().st_mode & 0o077 == 0
    assert os.listdir(key_file.path.parent) == [key_file.path.name]


def test_a_key_has_256_bits_and_is_never_the_same() -> None:
    made = {make_key() for _ in range(100)}
    assert len(made) == 100
    assert {len(key) for key in made} == {len(PREFIX) + 43}


@pytest.mark.parametrize(
    ("arguments", "status"), [(["create", "phone"], 1), (["create", "a b"], 2), (["revoke", "nobody"], 1)]
)
def test_the_command_refuses_what_it_cannot_do(
    key_file: KeyFile, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int
) -> None:
    assert key_file.command(*arguments) == status
    assert "error" in capsys.readouterr().err


def test_the_command_lists_names_only(key_file: KeyFile, capsys: pytest.CaptureFixture[str]) -> None:
    key_file.create("desk")
    assert key_file.command("list") == 0
    assert capsys.readouterr().out == "phone\ndesk\n"
