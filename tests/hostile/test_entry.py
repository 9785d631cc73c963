"""Names in paths, addresses in bodies, text in headers: none gets anywhere it should not."""

from __future__ import annotations

import json
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import grpc
import pytest

from serving.gateway import keys
from serving.gateway.app import create_app
from serving.gateway.settings.settings import Settings
from serving.wire import tensorflow_serving_pb2 as pb
from tests.connections import ask, connect, get, post
from tests.hostile import forms
from tests.hostile.documents import CLASSIFY, PREDICT
from tests.hostile.gateway import Gateway, running
from tests.hostile.pictures import sound
from tests.hostile.tensors import PICTURE, infer, tensor
from tests.stack import Stack, running_stack
from tests.unit.gateway.fakes import FakePredictor
from tests.waiting import eventually

NAMES = (
    b"..", b".", b"...", b"%2e%2e", b"%2e%2e%2f%2e%2e", b"..%2f..%2f..%2fetc%2fpasswd", b"%252e%252e%252fetc",
    b"..%5c..%5cwindows", b"%c0%ae%c0%ae%c0%af", b"..%c1%9c", b"%e2%80%a5", b"%ef%bc%8e%ef%bc%8e", b"%ff%fe",
    b"%00", b"digits%00", b"digits%00.png", b"%0d%0aX-Injected:%201", b"%0aX-Injected:%201", b"%1b[31mred",
    b"digits%20", b"%20digits", b"digits%09", b"DIGITS%0a", b"-", b"_", b"~root", b"$HOME", b"$(id)",
    b"%7b%7b7*7%7d%7d", b"$%7bjndi:ldap:%2f%2f127.0.0.1%7d", b"'%20or%201=1--", b"<script>", b"%%n%%s", b"%",
    b"file:%2f%2f%2fetc%2fpasswd", b"http:%2f%2f127.0.0.1", b"\xc3\xa4", b"%f0%9f%a6%a6", b"%e2%80%aedigits",
    b"digits%2f..%2fdigits", b"a" * 129, b"a" * 3_000, b"%61" * 1_000, b"digits;v=1", b"digits,digits",
    b"%60id%60",
)  # fmt: skip
VERSIONS = (
    b"-1", b"+1", b"%2b1", b"0x1", b"1e0", b"1.0", b"1%20", b"%201", b"%ef%bc%91", b"1%00", b"latest",
    b"9" * 19, b"9" * 20, b"9" * 3_000, b"1%2f..", b"1%0a", b"%d9%a1", b"1_0",
)  # fmt: skip


def rules() -> list[tuple[str, str]]:
    """Every method and path of the gateway that has a name in it."""
    app = create_app(Settings(models=("digits",)), FakePredictor())
    found = [(str(rule.rule), rule.methods or set()) for rule in app.url_map.iter_rules() if rule.arguments]
    return sorted((method, rule) for rule, methods in found for method in methods & {"GET", "POST"})


def filled(rule: str, parameter: str, value: bytes) -> bytes:
    """A rule's path with one hostile value, the others as they should be."""
    sound_ = {"model": b"digits", "version": b"1", "label": b"stable", "asset": b"start.js"}
    path = rule.encode()
    for name in re.findall(r"<(?:\w+:)?(\w+)>", rule):
        whole = re.search(rf"<(?:\w+:)?{name}>".encode(), path)
        assert whole
        path = path.replace(whole[0], value if name == parameter else sound_[name])
    return path


@pytest.mark.parametrize(("method", "rule"), rules())
def test_a_hostile_name_in_a_path_is_the_callers_error(gateway: Gateway, method: str, rule: str) -> None:
    for parameter in re.findall(r"<(?:\w+:)?(\w+)>", rule):
        for value in NAMES + (VERSIONS if parameter == "version" else ()):
            body = b'{"instances": []}' if method == "POST" else b""
            answer = gateway.ask(method, filled(rule, parameter, value), *TYPE_JSON, body=body)
            assert 400 <= answer.status < 500, (parameter, value, answer)
            assert answer.problem()["title"], (parameter, value)
            assert b"root:x:" not in answer.body
            assert b"x-injected" not in answer.head.lower()


TYPE_JSON = (b"Content-Type: application/json",)


@contextmanager
def trap() -> Iterator[tuple[str, list[str]]]:
    """An address that notes who connects."""
    callers: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, address = listener.accept()
                    callers.append(str(address))
                    client.close()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/seven.png", callers
        # One connection of our own shows that the trap was open to the end.
        before = list(callers)
        with socket.create_connection(listener.getsockname(), timeout=10) as probe:
            probe.recv(1)
        callers[:] = before if len(callers) == len(before) + 1 else [*callers, "the trap was shut"]


def test_no_address_in_a_request_is_ever_fetched(gateway: Gateway) -> None:
    picture = sound("PNG")
    with trap() as (url, callers):
        svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}"/></svg>'.encode()
        xml = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{url}">]><svg>&a;</svg>'.encode()
        quoted = json.dumps(url)
        for body in (url.encode(), svg, xml):
            gateway.ask("POST", CLASSIFY.encode(), b"Content-Type: image/svg+xml", body=body)
            gateway.put(
                forms.form("", forms.closed(forms.part(f'form-data; name="a"; filename="{url}"', body)))
            )
        for text in (
            f'{{"images": [{{"url": {quoted}}}]}}', f'{{"images": [{{"b64": {quoted}}}]}}',
            f'{{"url": {quoted}}}', f'{{"images": [{quoted}]}}',
            f'{{"instances": [{quoted}]}}', f'{{"inputs": {quoted}}}',
        ):  # fmt: skip
            gateway.ask("POST", CLASSIFY.encode(), *TYPE_JSON, body=text.encode())
            gateway.ask("POST", PREDICT.encode(), *TYPE_JSON, body=text.encode())
        for change in ({"data": [url]}, {"name": url}, {"parameters": {"shared_memory_region": url}}):
            gateway.put(infer("", {"inputs": [tensor(**change)]}, PICTURE))
        headers = [
            f"{name}: {url}".encode() for name in ("X-Forwarded-Host", "Referer", "Origin", "X-Original-URL")
        ]
        gateway.ask(
            "POST", f"/classify?url={url}".encode(), b"Content-Type: image/png", *headers, body=picture
        )
        gateway.ask("GET", url.encode(), *headers)
        xmp = b'<x:xmpmeta><rdf:li rdf:resource="' + url.encode() + b'"/></x:xmpmeta>'
        gateway.ask("POST", b"/classify", b"Content-Type: image/png", body=picture + xmp)
    assert callers == []


@pytest.mark.parametrize(
    "value", [b"a\tb", b"a b", b"\xc3\xa4", b"a" * 129, b"<x>", b'"', b"", b"\x80\xff", b"a\\nb"]
)
def test_a_header_that_is_no_plain_word_is_not_sent_back(gateway: Gateway, value: bytes) -> None:
    answer = gateway.ask("GET", b"/v1/models/nope", b"X-Request-ID: " + value, b"Origin: " + value)
    sent_back = re.search(rb"(?i)\r\nX-Request-ID: ([^\r]*)", answer.head)
    assert sent_back
    assert re.fullmatch(rb"[0-9a-f]{32}", sent_back[1])
    assert answer.problem()["request_id"].encode() == sent_back[1]


@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"\r", b"\0"])
@pytest.mark.parametrize("header", [b"X-Request-ID", b"Origin", b"traceparent", b"Host2"])
def test_no_header_of_a_request_begins_one_of_the_answer(
    gateway: Gateway, header: bytes, ending: bytes
) -> None:
    answer = gateway.ask("GET", b"/v1/models", header + b": a" + ending + b"X-Injected: 1")
    assert b"x-injected" not in (answer.head + answer.rest).lower()


LOG_RUBBISH = (b"%0a%7b%22level%22:%22error%22%7d", b"%1b%5b2J%1b%5b31m", b"%0d%0aforged", b"%e2%80%a8forged")


def test_nothing_that_a_caller_names_makes_a_line_of_the_log(gateway: Gateway) -> None:
    before = len(gateway.entries())
    asked = 0
    for rubbish in LOG_RUBBISH:
        name = b"x" + rubbish
        for target in (
            b"/v1/models/" + name,
            b"/" + name,
            b"/classify?" + name + b"=1",
            b"/v2/models/" + name,
        ):
            for method in ("GET", "POST"):
                gateway.ask(
                    method, target, b"User-Agent: " + name, b"X-Request-ID: " + name, b"X-API-Key: " + name
                )
                asked += 1
        part = forms.part('form-data; name="a"; filename="a\x1b[31m\nforged"', b"no picture")
        gateway.put(forms.form("", forms.closed(part)))
        gateway.ask(
            "POST", CLASSIFY.encode(), *TYPE_JSON, body=b'{"images": [{"b64": "", "name": "\\u001b[31m\\n"}]}'
        )
        asked += 2
    entries = gateway.entries()  # fails on a line that is no JSON
    assert len(entries) - before == asked
    assert "\x1b" not in gateway.output
    assert "forged" not in gateway.output


@pytest.fixture
def key_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, str]:
    """A file of keys, and the one key in it."""
    path = tmp_path / "keys"
    assert keys.main(["create", "phone", "--file", str(path)]) == 0
    return path, capsys.readouterr().out.strip()


def test_no_key_is_ever_logged(stack: Stack, tmp_path: Path, key_file: tuple[Path, str]) -> None:
    path, key = key_file
    digest = path.read_text().split()[-1]
    wrong = "mnist_wrong-key-that-nobody-may-read-0123456789"
    with running(
        tmp_path / "gateway", stack.grpc_address, GATEWAY_API_KEYS_FILE=str(path), GATEWAY_LOG_LEVEL="debug",
        GATEWAY_RATE_LIMIT="4/minute",
    ) as gateway:  # fmt: skip
        statuses = set()
        for each in (key, wrong):
            for header in (
                f"Authorization: Bearer {each}",
                f"X-API-Key: {each}",
                f"Authorization: Basic {each}",
            ):
                for target in (b"/v1/models", b"/classify", b"/nope", b"/v1/models/digits:predict", b"/\xff"):
                    for method in ("GET", "POST"):
                        answer = gateway.ask(method, target, header.encode(), body=b"rubbish")
                        statuses.add(answer.status)
                        assert each.encode() not in answer.head + answer.body
        gateway.ask("GET", f"/v1/models?key={key}".encode())
        gateway.ask("GET", f"/v1/models/{key}".encode())
        path.write_text(f"phone {key}\n")  # a key where its digest belongs: the error names the line
        wait_until_keys_were_read_again(gateway)
        gateway.process.terminate()
        gateway.process.wait(30)
        output = gateway.output
    assert {200, 401, 403, 404, 429} <= statuses
    assert '"key":"phone"' in output
    for secret in (key, wrong, key.removeprefix("mnist_"), digest):
        assert secret not in output


def wait_until_keys_were_read_again(gateway: Gateway) -> None:
    """Ask until the gateway has looked at its keys again, which it does once a second."""

    def reread() -> bool:
        gateway.ask("GET", b"/v1/models", b"X-API-Key: x")
        return "cannot be reread" in gateway.output

    eventually(reread, "the keys were read again")


def test_only_what_lies_in_the_models_folder_is_ever_loaded(stack: Stack, tmp_path: Path) -> None:
    served, outside = tmp_path / "served", tmp_path / "outside"
    shutil.copytree(stack.models_dir / "digits", served / "digits")
    shutil.copytree(stack.models_dir / "digits", outside / "secret")
    paths = (
        "../outside/secret",
        str(outside / "secret"),
        "digits/../../outside/secret",
        "digits/1",
        ".",
        "..",
        "",
    )
    with (
        running_stack(served, tmp_path / "stack", environ={"GATEWAY_LOG_LEVEL": "error"}) as inner,
        grpc.insecure_channel(inner.grpc_address) as channel,
    ):
        call = channel.unary_unary(
            "/tensorflow.serving.PredictionService/Predict",
            request_serializer=pb.PredictRequest.SerializeToString,
            response_deserializer=pb.PredictResponse.FromString,
        )
        for path in paths:
            request = pb.PredictRequest()
            request.model_spec.name = path
            with pytest.raises(grpc.RpcError) as caught:
                call(request, timeout=30)
            assert caught.value.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)
        for port in (inner.rest_port, inner.gateway_port):
            for path in paths:
                for quoted in (
                    path,
                    path.replace("/", "%2f"),
                    path.replace("/", "%252f").replace(".", "%2e"),
                ):
                    assert _status(port, f"/v1/models/{quoted}/versions/1:predict") in (400, 404, 405)
        with connect(inner.rest_port) as client:
            assert ask(client, get("/v1/models/secret", "Connection: close")).status == 404


def _status(port: int, target: str) -> int:
    sent = post(target, b'{"instances":[1]}', "Connection: close")
    with connect(port) as client:
        return ask(client, sent).status
