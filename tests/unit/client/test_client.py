"""The blocking client against a scripted gateway."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from client.errors import TimedOut
from client.problems import NotFound, UnsupportedImage
from client.synchronous import Client
from serving.gateway.deadline import LONGEST
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway


def test_a_path_is_classified(client: Client, pictures: Path) -> None:
    path = pictures / "3.png"
    answer = client.classify(path)
    digit = len(path.read_bytes()) % 10
    assert (answer.label, answer.class_id, answer.status) == (str(digit), digit, "ok")
    assert (answer.model, answer.version, answer.name, answer.source) == ("mnist", 3, str(path), path)
    assert answer.top[0].probability == 0.75


def test_bytes_files_images_and_arrays_are_classified(client: Client, gateway: FakeGateway) -> None:
    client.classify(b"12345")
    client.classify(io.BytesIO(b"1234567"), name="from memory")
    client.classify(Image.new("L", (28, 28), 255))
    client.classify(np.eye(28, dtype=np.uint8) * 255)
    sent = [request.images[0][1] for request in gateway.received]
    assert sent[:2] == [b"12345", b"1234567"]
    assert np.asarray(Image.open(io.BytesIO(sent[2]))).min() == 255
    assert (np.asarray(Image.open(io.BytesIO(sent[3]))) == np.eye(28) * 255).all()


def test_the_options_are_sent(client: Client, gateway: FakeGateway) -> None:
    answer = client.classify(b"1", version=2, top_k=5, include=["input", "probabilities"], fit="stretch")
    request = gateway.received[0]
    assert request.path == "/v1/models/mnist/versions/2:classify"
    assert request.query == {"top_k": ["5"], "fit": ["stretch"], "include": ["input,probabilities"]}
    assert answer.input is not None
    assert (answer.input.png, answer.input.steps) == (fake.SEEN, ("cropped",))
    assert 0 < float(request.headers["x-request-timeout"]) <= 10


def test_a_deadline_beyond_what_the_gateway_takes_is_sent_as_its_longest(gateway: FakeGateway) -> None:
    with Client(gateway.url, timeout=100_000) as client:
        client.classify(b"1")
    assert float(gateway.received[0].headers["x-request-timeout"]) == LONGEST


def test_a_wrong_option_is_refused_before_anything_is_sent(client: Client, gateway: FakeGateway) -> None:
    with pytest.raises(ValueError, match="version or a label"):
        client.classify(b"1", version=2, label="canary")
    with pytest.raises(ValueError, match="concurrency is 0"):
        client.classify_many([b"1"], concurrency=0)
    with pytest.raises(ValueError, match="batch_size is 0"):
        client.classify_many([b"1"], batch_size=0)
    assert gateway.received == []


def test_the_key_is_sent_as_a_bearer_token(gateway: FakeGateway) -> None:
    with Client(gateway.url, "s3cret") as client:
        client.classify(b"1")
    assert gateway.received[0].headers["authorization"] == "Bearer s3cret"


def test_a_user_name_and_password_in_the_address_are_sent(gateway: FakeGateway) -> None:
    with Client(gateway.url.replace("//", "//me:s3%2Fcret@"), "a key") as client:
        client.classify(b"1")
    login = gateway.received[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(login) == b"me:s3/cret"


def test_a_transport_takes_the_place_of_the_network() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["host"] == "classifier.example"
        assert json.loads(request.content) == {"images": [{"name": "0", "b64": "MjI="}]}
        entry = fake.prediction("0", b"22", False)
        return httpx.Response(200, json={"model": {"name": "mnist"}, "predictions": [entry]})

    with Client("http://classifier.example", transport=httpx.MockTransport(answer)) as client:
        assert client.classify(b"22").label == "2"


def test_a_problem_becomes_the_exception_of_its_code(client: Client) -> None:
    with pytest.raises(UnsupportedImage) as caught:
        client.classify(fake.BAD)
    assert (caught.value.status, caught.value.detail) == (415, "Not an image type.")


def test_the_names_of_files_do_not_leave_the_machine(
    client: Client, gateway: FakeGateway, pictures: Path
) -> None:
    client.classify(pictures / "1.png")
    assert gateway.received[0].images[0][0] == "0"


def test_models_are_listed_and_described(client: Client) -> None:
    (model,) = client.models()
    assert (model.name, model.ready, model.versions, len(model.labels)) == ("mnist", True, (1,), 10)
    assert client.model("mnist").card == {"dataset": "mnist"}
    with pytest.raises(NotFound):
        client.model("nothing")


def test_waiting_until_ready(gateway: FakeGateway, client: Client) -> None:
    gateway.ready_after = 2
    client.wait_until_ready(10)
    assert len(gateway.received) == 3


def test_waiting_until_ready_ends(gateway: FakeGateway, client: Client) -> None:
    gateway.ready_after = 1000
    with pytest.raises(TimedOut, match=r"not ready in 0\.3 s"):
        client.wait_until_ready(0.3)


def test_one_client_serves_many_threads(client: Client) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda size=size: found.append(client.classify(b"x" * size).class_id))
        for size in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 9))


def test_a_client_that_nobody_closes_does_not_keep_the_program_alive(gateway: FakeGateway) -> None:
    program = f"from client import Client; kept = Client({gateway.url!r}); print(kept.classify(b'22').label)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_ctrl_c_in_a_call_ends_it_at_once(gateway: FakeGateway) -> None:
    gateway.faults.append(fake.hang)
    program = f"""
import signal
from client import Client
signal.signal(signal.SIGINT, signal.default_int_handler)
with Client({gateway.url!r}, timeout=60) as client:
    client.classify(b"1")
"""
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) as process:
        assert gateway.arrived.wait(60)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in told
    assert process.returncode != 0


def test_a_forked_process_is_told_to_make_its_own_client(gateway: FakeGateway) -> None:
    program = f"""
import os, sys
from client import Client
kept = Client({gateway.url!r})
kept.classify(b"22")
if os.fork() == 0:
    try:
        kept.classify(b"22")
    except RuntimeError as error:
        print(error, flush=True)
    sys.exit()
os.wait()
print(kept.classify(b"333").label)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == [
        "this client belongs to another process: create one in each process",
        "3",
    ]


def test_the_blocking_client_works_where_an_event_loop_runs_as_in_a_notebook(client: Client) -> None:
    async def cell() -> str:
        return client.classify(b"22").label

    assert asyncio.run(cell()) == "2"


def test_a_closed_client_says_so(gateway: FakeGateway) -> None:
    with Client(gateway.url) as client:
        client.close()
    with pytest.raises(RuntimeError):
        client.classify(b"1")
