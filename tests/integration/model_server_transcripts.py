"""Replaying recorded exchanges with TensorFlow Serving: do the steps, send the request, compare."""

from __future__ import annotations

import base64
import http.client
import json
import math
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
)

from tests.integration.model_server_process import ModelServer
from tests.waiting import eventually

Exchange = dict[str, Any]

FOLDER = Path(__file__).parent / "tensorflow_serving"
_MESSAGES: dict[str, tuple[type[Message], type[Message]]] = {
    "Predict": (predict_pb2.PredictRequest, predict_pb2.PredictResponse),
    "Classify": (classification_pb2.ClassificationRequest, classification_pb2.ClassificationResponse),
    "Regress": (regression_pb2.RegressionRequest, regression_pb2.RegressionResponse),
    "MultiInference": (inference_pb2.MultiInferenceRequest, inference_pb2.MultiInferenceResponse),
    "GetModelMetadata": (
        get_model_metadata_pb2.GetModelMetadataRequest,
        get_model_metadata_pb2.GetModelMetadataResponse,
    ),
    "GetModelStatus": (
        get_model_status_pb2.GetModelStatusRequest,
        get_model_status_pb2.GetModelStatusResponse,
    ),
    "HandleReloadConfigRequest": (
        model_management_pb2.ReloadConfigRequest,
        model_management_pb2.ReloadConfigResponse,
    ),
    "Check": (health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse),
}


class Replay:
    """One server's exchanges under a folder that stands for ``$ROOT``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def fill(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Put the folder's path where ``$ROOT`` is."""
        return json.loads(json.dumps(value).replace("$ROOT", str(self.root)))

    def strip(self, text: str) -> str:
        """Put ``$ROOT`` where the folder's path is."""
        return text.replace(str(self.root), "$ROOT")

    def do(self, step: dict[str, Any], server: ModelServer | None = None) -> None:
        """Do one step of a set-up."""
        step = self.fill(step)
        path = Path(step.get("path", "/"))
        match step["action"]:
            case "write_file":
                path.parent.mkdir(parents=True, exist_ok=True)
                aside = path.with_name(path.name + ".aside")
                aside.write_text(step["text"])
                aside.replace(path)
            case "copy_dir":
                aside = self.root / "aside"
                shutil.copytree(step["from"], aside)
                path.parent.mkdir(parents=True, exist_ok=True)
                aside.rename(path)
            case "remove_dir":
                shutil.rmtree(path)
            case "sleep":
                time.sleep(step["seconds"])
            case "wait_for_state" if server:
                server.wait_for_state(step["model"], step["version"], step["state"])
            case "background_grpc" if server:
                threading.Thread(target=self.call, args=(server, step), daemon=True).start()
            case action:
                raise AssertionError(f"unknown step {action}")

    def difference(self, exchange: Exchange, server: ModelServer) -> str | None:
        """Go through one exchange; say how the answer differs, or None."""
        for step in exchange.get("before", ()):
            self.do(step, server)
        request = self.fill(exchange["request"])
        answer = {"rest": self.send, "grpc": self.call}[exchange["protocol"]](server, request)
        return differs(answer, exchange)

    def call(self, server: ModelServer, request: dict[str, Any]) -> dict[str, Any]:
        """One gRPC call, its outcome in the form of the record."""
        kind = _MESSAGES.get(request["method"].rpartition("/")[2])
        if "message_b64" in request or kind is None:
            body = base64.b64decode(request.get("message_b64", ""))
        else:
            body = json_format.ParseDict(request["message"], kind[0]()).SerializeToString()
        call: Any = server.channel.unary_unary(request["method"])
        try:
            reply: bytes = call(body, timeout=request.get("timeout_s", 30))
        except grpc.RpcError as error:
            return {"code": error.code().name, "details": self.strip(error.details() or "")}
        message = json_format.MessageToDict(kind[1].FromString(reply), preserving_proto_field_name=True)  # type: ignore[index]
        return {"code": "OK", "details": "", "message": json.loads(self.strip(json.dumps(message)))}

    def send(self, server: ModelServer, request: dict[str, Any]) -> dict[str, Any]:
        """One HTTP request, its answer in the form of the record."""
        connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
        headers, body = request["headers"], _body(request)
        connection.putrequest(request["method"], request["path"], skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        chunked = headers.get("Transfer-Encoding") == "chunked"
        if body is not None and not chunked:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        if chunked and body:
            connection.send(b"9\r\n" + body[:9] + b"\r\n%x\r\n" % len(body[9:]) + body[9:] + b"\r\n0\r\n\r\n")
        elif body:
            connection.send(body)
        response = connection.getresponse()
        text = response.read()
        others = {
            name: value
            for name, value in response.getheaders()
            if name not in ("Date", "Content-Length", "Content-Type")
        }
        connection.close()
        return {
            "status": response.status,
            "reason": response.reason,
            "content_type": response.getheader("Content-Type"),
            "headers": others,
            "body": self.strip(text.decode("utf-8", "surrogateescape")),
        }

    def start_up(self, exchange: Exchange) -> str | None:
        """Go through an exchange about the start of a server; say how it differs, or None."""
        for step in exchange.get("before", ()):
            self.do(step)
        expected = exchange["response"]
        flags = self.fill(exchange["request"]["flags"])
        with ModelServer(flags, self.root / "log" / exchange["name"]) as server:
            if expected["still_running"]:
                loads = "nope" not in str(flags[1:2]) and "none" not in str(flags[1:2])
                told = self.fill(expected["stderr"])
                eventually(
                    lambda: (
                        server.process.poll() is not None
                        or (server.listens() if loads else "found under" in server.stderr + str(told))
                        or any(line in server.stderr for line in told)
                    ),
                    "the server runs or has ended",
                )
                if server.process.poll() is not None:
                    return f"ended with {server.process.returncode}: {server.stdout}"
            else:
                code = server.process.wait(60)
                if code != expected["exit_code"]:
                    return f"exit status {code} instead of {expected['exit_code']}: {server.stdout}"
            printed = self.strip(server.stdout)
        wanted = [line for line in expected["stdout"] if line.startswith(("Failed", "unknown", "usage"))]
        missing = [line for line in wanted if line not in printed]
        return f"not printed: {missing}, but: {printed[:300]}" if missing else None


def differs(answer: dict[str, Any], exchange: Exchange) -> str | None:
    """Compare an answer with the record as far as ``compare`` asks for."""
    record, how = dict(exchange["response"]), exchange["compare"]
    if how == "none":
        refused = answer.get("status", 200) >= 400 or answer.get("code", "OK") != "OK"
        return None if refused else f"answered without an error: {answer}"
    if "body_b64" in record:
        record["body"] = base64.b64decode(record.pop("body_b64")).decode("utf-8", "surrogateescape")
    if how == "status":
        keys = ("status", "code")
        same = all(answer.get(key) == record.get(key) for key in keys)
        return None if same else f"{answer} instead of {record}"
    if how in ("json", "approx"):
        for side in (answer, record):
            if "body" in side:
                side["body"] = json.loads(side["body"])
    same = close(answer, record) if how == "approx" else answer == record
    return None if same else f"{answer} instead of {record}"


def close(left: Any, right: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether two JSON values are the same but for numbers, which may differ by 1e-5."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(close(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(close, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, abs_tol=1e-5)
    return bool(left == right)


def _body(request: dict[str, Any]) -> bytes | None:
    if "body_b64" in request:
        return base64.b64decode(request["body_b64"])
    return request["body"].encode() if "body" in request else None
