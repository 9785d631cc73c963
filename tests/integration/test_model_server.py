"""The embedded model server as a process: what it must do with no record at hand to compare with."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import grpc
import numpy as np
import pytest

from serving import administration
from serving.model_server.rest.responses import MAX_REQUEST_BYTES
from serving.store import configuration
from tests.integration.model_server_models import (
    add_warm_up,
    predict_request,
    write_adder,
    write_convolution,
    write_slow,
)
from tests.integration.model_server_process import ModelServer
from tests.waiting import eventually


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Versions to copy from."""
    folder = tmp_path_factory.mktemp("versions")
    write_adder(folder / "plus_one", 1.0)
    write_adder(folder / "plus_two", 2.0)
    write_convolution(folder / "convolution")
    write_slow(folder / "slow")
    return folder


@pytest.fixture(scope="module")
def server(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    """A server with batching, a model that convolves and one that is slow; not to be changed by tests."""
    folder = tmp_path_factory.mktemp("shared-server")
    for name in ("convolution", "slow", "plus_one"):
        shutil.copytree(made / name, folder / "models" / name / "1")
    config = configuration.read(folder / "models.config", folder / "models")
    configuration.write(config, folder / "models.config")
    flags = [f"--model_config_file={folder}/models.config", "--rest_api_timeout_in_ms=500"]
    with ModelServer([*flags, "--enable_batching"], folder / "log") as running:
        yield running.wait_ready()


def publish(version: Path, target: Path) -> None:
    """Copy a version so that it appears complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}")
    shutil.copytree(version, aside)
    aside.rename(target)


def answer(server: ModelServer, model: str = "m") -> tuple[int, float]:
    """The version that answers, and what it adds to zero."""
    response = server.predict(predict_request(model, x=np.zeros(1, np.float32)))
    return response.model_spec.version.value, response.outputs["y"].float_val[0]


def post(url: str, body: bytes) -> object:
    """The JSON that a POST is answered with."""
    with urllib.request.urlopen(url, body, timeout=60) as response:
        return json.load(response)


def resident(server: ModelServer) -> int:
    """Bytes of a server's memory at its peak so far."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def _gzipped(size: int) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for _ in range(size // 2**20):
        yield packer.compress(b" " * 2**20)
    yield packer.flush()


def self_signed(folder: Path) -> tuple[str, str]:
    """A key and a certificate for localhost in PEM, made with openssl."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -keyout key.pem -out crt.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
    return (folder / "key.pem").read_text(), (folder / "crt.pem").read_text()


def code(error: pytest.ExceptionInfo[grpc.RpcError]) -> grpc.StatusCode:
    return error.value.code()


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (1, 28, 28, 2), (1, 27, 28, 1), (1, 1, 28, 28, 1)])
def test_an_image_of_the_wrong_shape_is_refused_and_the_server_lives(
    server: ModelServer, shape: tuple[int, ...]
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        server.predict(predict_request("convolution", images=np.zeros(shape, np.float32)))
    assert code(caught) is grpc.StatusCode.INVALID_ARGUMENT
    good = server.predict(predict_request("convolution", images=np.zeros((1, 28, 28, 1), np.float32)))
    assert list(good.outputs["probabilities"].float_val) == [0.5, 0.5]


def test_json_nested_a_hundred_thousand_deep_is_refused_and_the_server_lives(server: ModelServer) -> None:
    url = f"http://127.0.0.1:{server.rest_port}/v1/models/plus_one"
    deep = b'{"instances": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{url}:predict", deep, timeout=30)
    assert caught.value.code == 400
    caught.value.close()
    with urllib.request.urlopen(f"{url}:predict", b'{"instances": [41]}', timeout=30) as response:
        assert json.load(response) == {"predictions": [42.0]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/models/%ff:predict", b'{"instances": [1]}'),
        ("/v1/models/plus_one/labels/%ff:predict", b'{"instances": [1]}'),
        ("/v1/models/plus_one:predict", b'{"signature_name": "\xff", "instances": [1]}'),
        (f"/v1/models/plus_one/versions/{'9' * 5000}:predict", b'{"instances": [1]}'),
        ("/v1/models/plus_one:classify", b'{"examples": [{"\xff": 1}]}'),
    ],
    ids=["model", "label", "signature", "version", "feature"],
)
def test_a_name_of_any_bytes_is_the_callers_error(server: ModelServer, path: str, body: bytes) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(f"http://127.0.0.1:{server.rest_port}{path}", body)
    assert (caught.value.code, b"Internal" in caught.value.read()) == (400, False)


def test_a_caller_that_leaves_in_the_middle_of_a_body_is_no_news(
    server: ModelServer,
) -> None:
    before = server.stderr.count("Traceback")
    with socket.create_connection(("127.0.0.1", server.rest_port)) as caller:
        caller.sendall(b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\nxx")
        time.sleep(0.2)
    time.sleep(0.5)
    assert server.stderr.count("Traceback") == before


def test_numbers_of_any_length_are_refused_in_json(server: ModelServer) -> None:
    url = f"http://127.0.0.1:{server.rest_port}/v1/models/plus_one:predict"
    for digits in (400, 5_000):
        with pytest.raises(urllib.error.HTTPError) as caught:
            post(url, b'{"instances": [' + b"1" * digits + b"]}")
        assert (caught.value.code, b"too big" in caught.value.read()) == (400, True)


def test_a_body_that_inflates_beyond_the_limit_is_refused_and_memory_stays_flat(server: ModelServer) -> None:
    bomb = b"".join(_gzipped(2 * MAX_REQUEST_BYTES))
    before = resident(server)
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.rest_port}/v1/models/plus_one:predict",
        bomb,
        {"Content-Encoding": "gzip"},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    assert (caught.value.code, b"larger than" in caught.value.read()) == (413, True)
    assert resident(server) < before + 1.5 * MAX_REQUEST_BYTES
    assert answer(server, "plus_one") == (1, 1.0)


def test_a_body_beyond_the_limit_is_refused_without_being_read(server: ModelServer) -> None:
    with socket.create_connection(("127.0.0.1", server.rest_port), timeout=30) as connection:
        length = str(MAX_REQUEST_BYTES + 1).encode()
        head = b"POST /v1/models/plus_one:predict HTTP/1.1\r\nHost: m\r\nContent-Length: " + length
        connection.sendall(head + b"\r\n\r\n")
        with suppress(OSError):  # it may close the connection before the whole body is sent
            for _ in range(MAX_REQUEST_BYTES // 2**20 + 1):
                connection.sendall(b" " * 2**20)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_vast_shape_with_one_value_is_refused_and_memory_stays_flat(server: ModelServer) -> None:
    request = predict_request("convolution", images=np.ones(1, np.float32))
    tensor = request.inputs["images"]
    tensor.Clear()
    tensor.dtype, tensor.float_val[:] = 1, [1.0]
    for size in (300_000, 28, 28, 1):
        tensor.tensor_shape.dim.add(size=size)
    before = resident(server)
    with pytest.raises(grpc.RpcError) as caught:
        server.predict(request)
    assert code(caught) is grpc.StatusCode.INVALID_ARGUMENT
    assert resident(server) < before + 100_000_000


def test_listening_for_other_machines_is_warned_of_and_loopback_is_not(
    server: ModelServer, made: Path, tmp_path: Path
) -> None:
    assert "Listening on 0.0.0.0: anybody who reaches port" in server.stderr
    publish(made / "plus_one", tmp_path / "m" / "1")
    flags = ["--model_name=m", f"--model_base_path={tmp_path}/m", "--listen_address=127.0.0.1"]
    with ModelServer(flags, tmp_path / "log") as running:
        running.wait_ready()
        assert "Listening on" not in running.stderr


@pytest.mark.parametrize("verified", [False, True])
def test_grpc_speaks_tls_with_a_certificate_and_nothing_else(
    made: Path, tmp_path: Path, verified: bool
) -> None:
    key, certificate = self_signed(tmp_path)
    config = f"server_key: {json.dumps(key)}\nserver_cert: {json.dumps(certificate)}\n"
    if verified:
        config += f"custom_ca: {json.dumps(certificate)}\nclient_verify: true\n"
    (tmp_path / "tls.config").write_text(config)
    publish(made / "plus_one", tmp_path / "m" / "1")
    flags = ["--model_name=m", f"--model_base_path={tmp_path}/m", f"--ssl_config_file={tmp_path}/tls.config"]
    with ModelServer(flags, tmp_path / "log") as running:
        running.wait_ready()
        with pytest.raises(grpc.RpcError):
            answer(running)  # without TLS
        assert "is not encrypted: --ssl_config_file is for gRPC" in running.stderr
        pair = (key.encode(), certificate.encode()) if verified else (None, None)
        running.channel.close()
        running.channel = grpc.secure_channel(
            f"localhost:{running.port}", grpc.ssl_channel_credentials(certificate.encode(), *pair)
        )
        assert answer(running) == (1, 1.0)


def test_requests_that_share_batches_get_their_own_answers(server: ModelServer) -> None:
    def ask(number: int) -> list[float]:
        values = np.arange(number % 3 + 1, dtype=np.float32) + number
        return list(server.predict(predict_request("plus_one", x=values)).outputs["y"].float_val)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(200)))
    assert answers == [[number + i + 1.0 for i in range(number % 3 + 1)] for number in range(200)]


def test_an_http_request_that_takes_too_long_is_answered_with_504(server: ModelServer) -> None:
    url = f"http://127.0.0.1:{server.rest_port}/v1/models/slow:predict"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url, b'{"inputs": [3000000]}', timeout=30)
    assert caught.value.code == 504
    caught.value.close()


def test_a_socket_path_serves_grpc_too(made: Path, tmp_path: Path) -> None:
    publish(made / "plus_one", tmp_path / "m" / "1")
    flags = ["--model_name=m", f"--model_base_path={tmp_path}/m", f"--grpc_socket_path={tmp_path}/s"]
    with ModelServer(flags, tmp_path / "log") as running:
        running.wait_ready()
        running.channel = grpc.insecure_channel(f"unix:{tmp_path}/s")
        assert answer(running) == (1, 1.0)


def test_a_half_written_version_serves_as_soon_as_it_is_complete(made: Path, tmp_path: Path) -> None:
    publish(made / "plus_one", tmp_path / "m" / "1")
    flags = ["--model_name=m", f"--model_base_path={tmp_path}/m", "--max_num_load_retries=100"]
    with ModelServer([*flags, "--load_retry_interval_micros=200000"], tmp_path / "log") as running:
        running.wait_ready()
        half = tmp_path / "m" / "2"
        half.mkdir()
        shutil.copytree(made / "plus_two" / "variables", half / "variables")
        running.wait_for_state("m", 2, "LOADING")
        eventually(lambda: "version: 2} failed: NOT_FOUND" in running.stderr, "an attempt failed", seconds=30)
        assert answer(running) == (1, 1.0)
        shutil.copy(made / "plus_two" / "saved_model.pb", half)
        running.wait_for_state("m", 2, "AVAILABLE")
        assert answer(running) == (2, 2.0)


def test_a_version_whose_folder_vanishes_goes_on_until_another_is_there(made: Path, tmp_path: Path) -> None:
    publish(made / "plus_one", tmp_path / "m" / "1")
    flags = ["--model_name=m", f"--model_base_path={tmp_path}/m"]
    with ModelServer(flags, tmp_path / "log") as running:
        running.wait_ready()
        shutil.rmtree(tmp_path / "m")
        eventually(
            lambda: "Could not find base path" in running.stderr, "the empty disk was looked at", seconds=30
        )
        assert answer(running) == (1, 1.0)
        publish(made / "plus_two", tmp_path / "m" / "2")
        running.wait_for_state("m", 2, "AVAILABLE")
        assert answer(running) == (2, 2.0)


def test_a_version_whose_warm_up_fails_never_takes_traffic(made: Path, tmp_path: Path) -> None:
    publish(made / "plus_one", tmp_path / "m" / "1")
    flags = ["--model_name=m", f"--model_base_path={tmp_path}/m", "--max_num_load_retries=0"]
    with ModelServer(flags, tmp_path / "log") as running:
        running.wait_ready()
        unfit = shutil.copytree(made / "plus_two", tmp_path / "unfit")
        add_warm_up(unfit, predict_request("m", no_such_input=np.zeros(1, np.float32)))
        publish(unfit, tmp_path / "m" / "2")
        running.wait_for_state("m", 2, "END")
        assert answer(running) == (1, 1.0)
        fit = shutil.copytree(made / "plus_two", tmp_path / "fit")
        add_warm_up(fit, predict_request("m", x=np.zeros(4, np.float32)))
        publish(fit, tmp_path / "m" / "3")
        running.wait_for_state("m", 3, "AVAILABLE")
        assert answer(running) == (3, 2.0)


def test_sigterm_lets_running_requests_end(made: Path, tmp_path: Path) -> None:
    publish(made / "slow", tmp_path / "slow" / "1")
    with ModelServer(
        ["--model_name=slow", f"--model_base_path={tmp_path}/slow"], tmp_path / "log"
    ) as running:
        running.wait_ready()
        url = f"http://127.0.0.1:{running.rest_port}/v1/models/slow:predict"
        with ThreadPoolExecutor(2) as pool:
            request = predict_request("slow", steps=np.array([300_000], np.int32))
            over_grpc = pool.submit(running.predict, request)
            over_http = pool.submit(post, url, b'{"inputs": [300000]}')
            time.sleep(0.3)
            running.process.send_signal(signal.SIGTERM)
            assert list(over_grpc.result(60).outputs["done"].int_val) == [300_000]
            assert over_http.result(60) == {"outputs": [300_000]}
        assert running.process.wait(30) == 0


def test_versions_are_promoted_and_rolled_back_by_command(made: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    publish(made / "plus_one", models / "m" / "1")
    publish(made / "plus_two", models / "m" / "2")
    config = models / "models.config"
    configuration.write(configuration.read(config, models), config)
    with ModelServer([f"--model_config_file={config}"], tmp_path / "log") as running:
        running.wait_ready()
        told = ["--models-dir", str(models), "--server", f"127.0.0.1:{running.port}"]
        assert answer(running) == (2, 2.0)
        assert administration.main(["rollback", "m", *told]) == 0
        eventually(lambda: answer(running) == (1, 1.0), "the version before answers", seconds=30)
        labelled = predict_request("m", x=np.zeros(1, np.float32))
        labelled.model_spec.version_label = "stable"
        assert running.predict(labelled).model_spec.version.value == 1
        assert administration.main(["promote", "m", "2", *told]) == 0
        eventually(lambda: answer(running) == (2, 2.0), "the promoted version answers", seconds=30)
        assert administration.main(["remove", "m", "1", *told]) == 0
        assert not (models / "m" / "1").exists()


def test_sixteen_clients_notice_nothing_of_versions_that_swap(made: Path, tmp_path: Path) -> None:
    publish(made / "plus_one", tmp_path / "m" / "1")
    flags = ["--model_name=m", f"--model_base_path={tmp_path}/m", "--file_system_poll_wait_seconds=1"]
    stop = threading.Event()
    with ModelServer([*flags, "--enable_batching"], tmp_path / "log") as running:
        running.wait_ready()

        def ask_again_and_again() -> set[tuple[int, float]]:
            seen = set()
            while not stop.is_set():
                seen.add(answer(running))
            return seen

        with ThreadPoolExecutor(16) as pool:
            clients = [pool.submit(ask_again_and_again) for _ in range(16)]
            for number in range(2, 8):
                publish(made / ("plus_one" if number % 2 else "plus_two"), tmp_path / "m" / str(number))
                running.wait_for_state("m", number, "AVAILABLE")
                running.wait_for_state("m", number - 1, "END")
            stop.set()
            seen = set().union(*(client.result(30) for client in clients))
    assert {version for version, _ in seen} == set(range(1, 8))
    assert all(value == (1.0 if version % 2 else 2.0) for version, value in seen), seen
