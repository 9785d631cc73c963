"""The versions command beside a model server that refuses, hangs or goes: either all is done, or nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import grpc
import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import get_model_status_pb2 as status_pb
from tensorflow_serving.apis import model_management_pb2 as management_pb
from tensorflow_serving.config import model_server_config_pb2 as config_pb

from serving import administration
from serving.store import running
from serving.store.running import Running

Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
AVAILABLE, END = 30, 50


class Server(grpc.GenericRpcHandler):
    """Serves what a configuration says at once, and does what a test wants before it answers.

    Attributes:
        told: every configuration that was accepted.
        read: what the file said at that moment.
        before_reload: called with the number of the reload, from 1; what it raises is the refusal.
        broken: versions that do not load.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.told: list[config_pb.ModelServerConfig] = []
        self.read: list[config_pb.ModelServerConfig] = []
        self.before_reload: Callable[[int], None] = lambda _: None
        self.broken: set[int] = set()
        self._reloads = 0
        self._server = grpc.server(ThreadPoolExecutor(4), handlers=[self])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def stop(self) -> None:
        self._server.stop(0).wait()

    @property
    def serving(self) -> set[int]:
        """The versions that answer."""
        if not self.told:
            return {1} - self.broken
        (entry,) = self.told[-1].model_config_list.config
        return set(entry.model_version_policy.specific.versions) - self.broken

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        reload = handler_call_details.method.endswith("HandleReloadConfigRequest")
        return grpc.unary_unary_rpc_method_handler(self._reload if reload else self._status)

    def _reload(self, content: bytes, context: grpc.ServicerContext) -> bytes:
        self._reloads += 1
        try:
            self.before_reload(self._reloads)
        except ValueError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        self.told.append(management_pb.ReloadConfigRequest.FromString(content).config)
        self.read.append(text_format.Parse(self._file.read_text(), config_pb.ModelServerConfig()))
        return b""

    def _status(self, _content: bytes, _context: grpc.ServicerContext) -> bytes:
        response = status_pb.GetModelStatusResponse()
        for version in (1, 2):
            state = AVAILABLE if version in self.serving else END
            each = response.model_version_status.add(version=version, state=state)
            if version in self.broken:
                each.status.error_code, each.status.error_message = 15, "it is broken"
        return bytes(response.SerializeToString())


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for version in ("1", "2"):
        (tmp_path / "digits" / version).mkdir(parents=True)
    assert administration.main(["promote", "digits", "1", "--models-dir", str(tmp_path)]) == 0
    return tmp_path


@pytest.fixture
def server(models: Path) -> Iterator[Server]:
    fake = Server(models / "models.config")
    with running.announced(models, Running(fake.address, "http://localhost:1")):
        yield fake
    fake.stop()


def promote(models: Path, *more: str) -> int:
    return administration.main(["promote", "digits", "2", "--models-dir", str(models), *more])


def test_the_running_server_is_found_and_the_command_says_what_it_serves_now(
    models: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert promote(models) == 0
    said = capsys.readouterr().out
    assert said == f"digits: version 2 is stable; {server.address} serves version 2 now\n"
    assert server.serving == {2}


def test_the_file_always_says_what_the_server_was_told(models: Path, server: Server) -> None:
    assert promote(models) == 0
    assert len(server.told) == 2
    assert server.read == server.told


def test_rolling_back_tells_the_running_server(models: Path, server: Server) -> None:
    promote(models)
    assert administration.main(["rollback", "digits", "--models-dir", str(models)]) == 0
    assert server.serving == {1}


def test_the_list_is_what_the_server_says_and_not_what_the_file_says(
    models: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.broken = {1}
    capsys.readouterr()
    assert administration.main(["list", "--models-dir", str(models)]) == 0
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert head == f"what serves now, at {server.address}"
    assert [row.split()[1:4] for row in rows] == [["2", "no", "-"], ["1", "no", "stable"]]


def test_a_version_that_the_server_holds_is_not_removed_whatever_the_file_says(
    models: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    promote(models)
    assert server.serving == {2}
    (models / "models.config").write_text(
        (models / "models.config").read_text().replace("versions: 2", "versions: 1")
    )
    assert administration.main(["remove", "digits", "2", "--models-dir", str(models)]) == 1
    assert "is loaded; promote another" in capsys.readouterr().err
    assert (models / "digits" / "2").is_dir()


@pytest.mark.parametrize("step", [1, 2])
def test_a_refusal_at_either_step_leaves_the_file_and_the_server_as_they_were(
    models: Path, server: Server, step: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (models / "models.config").read_text()

    def refuse(reload: int) -> None:
        if reload == step:
            raise ValueError("not now")

    server.before_reload = refuse
    assert promote(models) == 1
    assert "nothing is changed" in capsys.readouterr().err
    assert (models / "models.config").read_text() == before
    assert server.serving == {1}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("step", [1, 2])
def test_a_signal_at_either_step_leaves_the_file_and_the_server_as_they_were(
    models: Path, server: Server, step: int, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (models / "models.config").read_bytes()

    def interrupt(reload: int) -> None:
        if reload == step:
            os.kill(os.getpid(), number)

    server.before_reload = interrupt
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background job
    try:
        assert promote(models) == 1
    finally:
        signal.signal(signal.SIGINT, earlier)
    assert "nothing is changed: interrupted" in capsys.readouterr().err
    assert (models / "models.config").read_bytes() == before
    assert server.serving == {1}


def test_a_version_that_does_not_load_leaves_the_file_and_the_server_as_they_were(
    models: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (models / "models.config").read_text()
    server.broken = {2}
    assert promote(models) == 1
    said = capsys.readouterr().err
    assert "nothing is changed: version 2 of digits cannot be loaded: it is broken" in said
    assert (models / "models.config").read_text() == before
    assert server.serving == {1}


def test_a_server_that_refuses_everything_after_the_first_step_is_said_to_be_left_there(
    models: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (models / "models.config").read_text()

    def refuse(reload: int) -> None:
        if reload > 1:
            raise ValueError("never again")

    server.before_reload = refuse
    assert promote(models) == 1
    said = capsys.readouterr().err
    assert "nothing is changed" not in said
    assert "could not be restored and now serves these versions of digits: 1, 2" in said
    assert (models / "models.config").read_text() == before


def test_a_server_that_goes_half_way_is_said_to_be_gone(
    models: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    def go(reload: int) -> None:
        if reload == 2:
            server._server.stop(0)

    server.before_reload = go
    assert promote(models, "--timeout", "5") == 1
    said = capsys.readouterr().err
    assert "no longer answers" in said
    assert "The configuration file is as before" in said


def test_a_server_that_hangs_is_given_up_after_the_timeout(
    models: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.before_reload = lambda reload: time.sleep(3) if reload == 1 else None
    assert promote(models, "--timeout", "1") == 1
    assert "DEADLINE_EXCEEDED" in capsys.readouterr().err
    time.sleep(3)
    assert server.serving >= {1}


def test_a_server_that_is_gone_before_anything_is_told_changes_nothing(
    models: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (models / "models.config").read_text()
    server.stop()
    assert promote(models) == 1
    assert "nothing is changed" in capsys.readouterr().err
    assert (models / "models.config").read_text() == before
