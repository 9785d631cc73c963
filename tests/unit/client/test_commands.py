"""The other commands, the configuration, and what they all share."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import client
from client.command.entry import Commands, run
from client.command.text import bar, columns, fit, printable
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway


def test_models_are_listed(gateway: FakeGateway, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "--url", gateway.url]) == 0
    assert capsys.readouterr().out.split()[:4] == ["mnist", "ready", "versions", "1"]


def test_a_model_is_described(gateway: FakeGateway, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "mnist", "--url", gateway.url, "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["card"] == {"dataset": "mnist"}
    assert run(["models", "cats", "--url", gateway.url]) == 2


def test_health_tells_ready_from_alive_from_away(
    gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["health", "--url", gateway.url]) == 0
    gateway.ready_after = 1
    assert run(["health", "--url", gateway.url, "-o", "json"]) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["alive"], told["ready"]) == (True, False)
    assert run(["health", "--url", "http://127.0.0.1:9"]) == 3


@pytest.mark.parametrize("output", ["text", "json"])
def test_health_repeats_no_password(
    output: str, gateway: FakeGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["health", "--url", gateway.url.replace("//", "//me:s3cret@"), "-o", output]) == 0
    told = capsys.readouterr().out
    assert gateway.url in told
    assert "s3cret" not in told


def test_health_waits(gateway: FakeGateway) -> None:
    gateway.ready_after = 3
    assert run(["health", "--wait", "10", "--url", gateway.url]) == 0


def test_health_waits_no_longer_for_one_answer_than_in_all(gateway: FakeGateway) -> None:
    gateway.ready_after = 1000
    with client.Client(gateway.url) as made, pytest.raises(client.TimedOut):
        made.wait_until_ready(0.6)
    asked = [request.headers["x-request-timeout"] for request in gateway.received]
    assert asked
    assert max(map(float, asked)) <= 0.6


@pytest.mark.parametrize(
    "command",
    [
        ["classify", "x", "-m"],
        ["read", "x", "--label"],
        ["correct", "x", "--label"],
        ["models"],
        ["health", "--url"],
    ],
)
def test_what_is_no_text_is_refused_before_anything_is_asked(
    command: list[str],
    gateway: FakeGateway,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MNIST_URL", gateway.url)
    assert run([*command, "http://localhost/\udcff"]) == 2
    said = capsys.readouterr().err
    assert "not valid text" in said or "not the address" in said
    assert gateway.received == []


def test_certificates_that_cannot_be_loaded_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    assert run(["models", "--url", "https://127.0.0.1:9"]) == 2
    assert "correct SSL_CERT_FILE=/nowhere/ca.pem" in capsys.readouterr().err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_standard_streams_may_be_closed(closed: str, gateway: FakeGateway, pictures: Path) -> None:
    command = f"exec {sys.executable} -m client classify {pictures / '1.png'} --url {gateway.url} {closed}"
    assert subprocess.run(["bash", "-c", command], check=False, capture_output=True).returncode == 0
    command = f"exec {sys.executable} -m client classify - --url {gateway.url} <&-"
    ended = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "is empty" in ended.stdout


def test_bench_counts_what_came_back(gateway: FakeGateway, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "--url", gateway.url, "--seconds", "0.3", "--batch-size", "3", "-o", "json"]
    assert run(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["errors"] == {}
    assert told["images"] == 3 * told["requests"] == sum(gateway.batches[1:])
    assert 0 < told["latency_ms"]["p50"] <= told["latency_ms"]["p100"]


def test_bench_counts_failures(gateway: FakeGateway, capsys: pytest.CaptureFixture[str]) -> None:
    busy = fake.problem(429, "overloaded", "0", retryable=True)
    gateway.faults.extend([fake.well, busy, busy])
    assert run(["bench", "--url", gateway.url, "--seconds", "0.3", "-o", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["errors"] == {"overloaded": 2}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_MNIST_CLASSIFY_COMPLETE" in capsys.readouterr().out


def test_the_bash_script_completes_in_bash(tmp_path: Path) -> None:
    script = subprocess.run(
        [sys.executable, "-m", "client", "completion", "bash"], capture_output=True, text=True, check=True
    )
    (tmp_path / "mnist-classify").write_text(f'#!/bin/sh\nexec {sys.executable} -m client "$@"\n')
    (tmp_path / "mnist-classify").chmod(0o755)
    asked = 'COMP_WORDS=(mnist-classify classify --rec); COMP_CWORD=2; _mnist_classify_completion "$0"; '
    shell = f"{script.stdout}\nset -- mnist-classify; PATH={tmp_path}:$PATH; "
    shell += asked.replace('"$0"', "mnist-classify") + 'echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["--recursive"]


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    project = Path(client.__file__).parent.parent / "pyproject.toml"
    version = capsys.readouterr().out.split()[1]
    assert f'version = "{version}"' in project.read_text()


@pytest.mark.parametrize("command", [[], *([name] for name in Commands.modules)])
def test_every_help_has_examples(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    told = capsys.readouterr().out
    assert "Examples:" in told
    assert "mnist-classify" in told


def _configure(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "config" / "mnist-classify"
    folder.mkdir(parents=True)
    (folder / "config.ini").write_text(text)


def test_the_configuration_gives_defaults(
    gateway: FakeGateway, tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("from-file\n")
    settings = f"url = {gateway.url}\napi_key_file = ~/key\noutput = jsonl\ntop-k = 5\n"
    _configure(tmp_path, f"[mnist-classify]\n{settings}")
    assert run(["classify", str(pictures / "1.png")]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "ok"
    assert gateway.received[0].headers["authorization"] == "Bearer from-file"
    assert gateway.received[0].query["top_k"] == ["5"]


def test_a_configured_output_that_a_command_lacks_leaves_its_own(
    gateway: FakeGateway, tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _configure(tmp_path, f"[mnist-classify]\nurl = {gateway.url}\noutput = csv\n")
    assert run(["classify", str(pictures / "1.png")]) == 0
    assert capsys.readouterr().out.startswith("file,label")
    for command in (["health"], ["models"], ["correct", str(pictures / "1.png"), "--label", "1"]):
        assert run(command) == 0
        assert "," not in capsys.readouterr().out.partition("versions")[0]
    assert run(["health", "--output", "csv"]) == 2
    (tmp_path / "config" / "mnist-classify" / "config.ini").write_text("[mnist-classify]\noutput = xml\n")
    assert run(["health"]) == 2


def test_a_configuration_folder_that_cannot_be_entered_is_as_none(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", f"/tmp/{'long' * 100}")  # an error for root too
    assert run(["health", "--url", gateway.url]) == 0


def test_environment_comes_before_configuration_and_options_before_both(
    gateway: FakeGateway, tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("from-file")
    (tmp_path / "other").write_text("from-option")
    _configure(tmp_path, "[mnist-classify]\nurl = http://127.0.0.1:9\napi_key_file = ~/key\n")
    monkeypatch.setenv("MNIST_URL", gateway.url)
    monkeypatch.setenv("MNIST_API_KEY", "from-environment")
    assert run(["classify", str(pictures / "1.png")]) == 0
    assert run(["classify", str(pictures / "1.png"), "--api-key-file", str(tmp_path / "other")]) == 0
    keys = [request.headers["authorization"] for request in gateway.received]
    assert keys == ["Bearer from-environment", "Bearer from-option"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[mnist-classify]\ncolor = red\n", "'color'"),
        ("url = x\n", "cannot be read"),
        ("[other]\n", "has no section"),
        ("[mnist-classify]\nurl = a\nurl = b\n", "cannot be read"),
        ("[mnist-classify]\ntimeout = soon\n", "soon"),
    ],
)
def test_a_wrong_configuration_is_named(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _configure(tmp_path, text)
    assert run(["classify", "x"]) == 2
    assert sentence in capsys.readouterr().err


def test_a_named_configuration_must_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--config", "missing.ini", "models"]) == 2
    assert "missing.ini" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["", "two\nlines", "schlüssel"])
def test_what_cannot_be_a_key_is_refused(
    key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text(key, encoding="utf-8")
    assert run(["models", "--api-key-file", str(tmp_path / "key")]) == 2
    assert "holds no API key" in capsys.readouterr().err


def test_starting_up_imports_no_more_than_it_needs() -> None:
    program = (
        "import sys; from client.command.entry import run; run(['classify', '--help']); "
        "heavy = {'httpx', 'rich', 'numpy', 'PIL', 'asyncio', 'serving'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_client_imports_nothing_of_the_service() -> None:
    program = (
        "import sys, pkgutil, importlib, client\n"
        "for found in pkgutil.walk_packages(client.__path__, 'client.'):\n"
        "    found.name.endswith('__main__') or importlib.import_module(found.name)\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}"
        " & {'serving', 'training', 'numpy', 'PIL', 'tensorflow'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_names_can_all_be_had() -> None:
    assert all(getattr(client, name).__name__ == name for name in client.__all__)
    assert set(client.__all__) <= set(dir(client))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        client.Nothing  # noqa: B018


@pytest.mark.parametrize(("share", "full"), [(0.0, 0), (0.5, 6), (1.0, 12), (7.0, 12), (-1.0, 0)])
def test_bars_are_as_long_as_their_share(share: float, full: int) -> None:
    assert bar(share).count("█") == full
    assert len(bar(share)) == 12


def test_names_are_measured_in_columns() -> None:
    assert columns("数字") == 4
    assert columns(fit("数字.png", 20)) == 20
    assert fit("a/very/long/name.png", 4, 8) == "…ame.png"
    assert printable("a\x1b[2J\n\u202e") == "a\\x1b[2J\\n\\u202e"
