"""A receiver of OTLP sees one trace: the caller's span, the gateway's, and its call to the model."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.manifests.render import ROOT
from tests.stack import Stack, running_stack

pytestmark = pytest.mark.xdist_group("traces")

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Receiver(ThreadingHTTPServer):
    """Takes OTLP over HTTP, as a collector does, and keeps the spans."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.spans: list[Span] = []

    @property
    def url(self) -> str:
        """What ``GATEWAY_TRACE_ENDPOINT`` is set to."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1/traces"

    def of(self, trace: str) -> list[Span]:
        """The spans of one trace."""
        return [span for span in self.spans if span.trace_id.hex() == trace]


class Handler(BaseHTTPRequestHandler):
    """One export."""

    server: Receiver

    def do_POST(self) -> None:
        """Keep the spans and say that they came."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans.extend(scope.spans)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def traced(models_dir: Path, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    environ = {"GATEWAY_TRACE_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    with running_stack(models_dir, tmp_path_factory.mktemp("traced"), environ=environ) as stack:
        yield stack


def test_the_callers_trace_goes_on_through_the_gateway_to_the_model(
    traced: Stack, receiver: Receiver
) -> None:
    request = urllib.request.Request(
        f"{traced.url}/v1/models/digits:classify",
        (ROOT / "docs/examples/seven.png").read_bytes(),
        {"Content-Type": "image/png", "traceparent": f"00-{TRACE}-{CALLER}-01"},
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        assert reply.headers["traceparent"].split("-")[1] == TRACE
    end = time.monotonic() + 20
    while len(receiver.of(TRACE)) < 2:
        assert time.monotonic() < end, f"spans: {[span.name for span in receiver.spans]}"
        time.sleep(0.1)
    by_kind = {span.kind: span for span in receiver.of(TRACE)}
    served, called = by_kind[Span.SPAN_KIND_SERVER], by_kind[Span.SPAN_KIND_CLIENT]
    assert served.parent_span_id.hex() == CALLER
    assert called.parent_span_id == served.span_id
    assert served.start_time_unix_nano <= called.start_time_unix_nano < called.end_time_unix_nano
    assert called.end_time_unix_nano <= served.end_time_unix_nano
