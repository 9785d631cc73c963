"""A model server as a process of its own, for tests: the embedded one, or another binary."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import grpc
from tensorflow_serving.apis import get_model_status_pb2, predict_pb2

from serving.stack.processes import free_port
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
EMBEDDED = (sys.executable, "-m", "serving.model_server")
_STATES = get_model_status_pb2.ModelVersionStatus.State


class ModelServer:
    """A running server with a gRPC channel to it; use as a context."""

    def __init__(self, flags: Sequence[str], folder: Path, command: Sequence[str] = EMBEDDED) -> None:
        self.port, self.rest_port = free_port(), free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self._stdout, self._stderr = folder / "stdout.txt", folder / "stderr.txt"
        ports = [f"--port={self.port}", f"--rest_api_port={self.rest_port}"]
        with self._stdout.open("w") as stdout, self._stderr.open("w") as stderr:
            self.process = subprocess.Popen(
                [*command, *ports, *flags], cwd=ROOT, stdout=stdout, stderr=stderr
            )
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")

    def __enter__(self) -> ModelServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return self._stdout.read_text()

    @property
    def stderr(self) -> str:
        """Its log so far."""
        return self._stderr.read_text()

    def listens(self) -> bool:
        """Whether both ports are open."""
        for port in (self.port, self.rest_port):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)):
                    return False
        return True

    def wait_ready(self, seconds: float = 60) -> ModelServer:
        """Wait until the ports are open, which is when the models are loaded."""
        eventually(
            lambda: self.listens() or self.process.poll() is not None, "the ports are open", seconds=seconds
        )
        assert self.process.poll() is None, self.stdout + self.stderr
        return self

    def state(self, model: str, version: int) -> str:
        """The state of a version, or an empty string."""
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = model
        request.model_spec.version.value = version
        call = self.channel.unary_unary(
            "/tensorflow.serving.ModelService/GetModelStatus",
            get_model_status_pb2.GetModelStatusRequest.SerializeToString,
            get_model_status_pb2.GetModelStatusResponse.FromString,
        )
        try:
            (status,) = call(request, timeout=10).model_version_status
        except grpc.RpcError:
            return ""
        return str(_STATES.Name(status.state))

    def wait_for_state(self, model: str, version: int, state: str, seconds: float = 60) -> None:
        """Wait until a version is in a state."""
        eventually(
            lambda: self.state(model, version) == state,
            f"{model} version {version} is {state}",
            seconds=seconds,
        )

    def predict(
        self, request: predict_pb2.PredictRequest, timeout: float = 30
    ) -> predict_pb2.PredictResponse:
        """One Predict call; raises ``grpc.RpcError``."""
        call = self.channel.unary_unary(
            "/tensorflow.serving.PredictionService/Predict",
            predict_pb2.PredictRequest.SerializeToString,
            predict_pb2.PredictResponse.FromString,
        )
        response: predict_pb2.PredictResponse = call(request, timeout=timeout)
        return response
