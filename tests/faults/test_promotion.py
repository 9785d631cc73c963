"""The versions command beside a server that reads its configuration file again whenever it likes."""

from __future__ import annotations

from collections.abc import Iterator
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

Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"


class Server(grpc.GenericRpcHandler):
    """Takes every configuration, or none, and notes what its file said at that moment."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.told: list[config_pb.ModelServerConfig] = []
        self.read: list[config_pb.ModelServerConfig] = []
        self.refuses = False
        self._server = grpc.server(ThreadPoolExecutor(2), handlers=[self])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def stop(self) -> None:
        self._server.stop(0).wait()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        reload = handler_call_details.method.endswith("HandleReloadConfigRequest")
        return grpc.unary_unary_rpc_method_handler(self._reload if reload else self._status)

    def _reload(self, content: bytes, context: grpc.ServicerContext) -> bytes:
        if self.refuses:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not loaded")
        self.told.append(management_pb.ReloadConfigRequest.FromString(content).config)
        self.read.append(text_format.Parse(self._file.read_text(), config_pb.ModelServerConfig()))
        return b""

    def _status(self, _content: bytes, _context: grpc.ServicerContext) -> bytes:
        response = status_pb.GetModelStatusResponse()
        for version in (1, 2):
            response.model_version_status.add(version=version, state=30)
        return bytes(response.SerializeToString())


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for version in ("1", "2"):
        (tmp_path / "digits" / version).mkdir(parents=True)
    assert administration.main(["promote", "digits", "1", "--models-dir", str(tmp_path)]) == 0
    return tmp_path


@pytest.fixture
def server(models: Path) -> Iterator[Server]:
    running = Server(models / "models.config")
    yield running
    running.stop()


def promote(models: Path, server: Server) -> int:
    return administration.main(
        ["promote", "digits", "2", "--models-dir", str(models), "--server", server.address]
    )


def test_the_file_always_says_what_the_server_was_told(models: Path, server: Server) -> None:
    assert promote(models, server) == 0
    assert len(server.told) == 2
    assert server.read == server.told


def test_the_file_is_as_before_when_the_server_refuses(models: Path, server: Server) -> None:
    before = (models / "models.config").read_text()
    server.refuses = True
    assert promote(models, server) == 1
    assert (models / "models.config").read_text() == before
