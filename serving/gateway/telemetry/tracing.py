"""OpenTelemetry traces, an optional extra: a span for each request and each call to the model server.

Nothing is loaded unless the settings name an endpoint. A caller's ``traceparent`` is passed on in any case,
with a new span id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from serving.gateway.middleware import hooks
from serving.gateway.middleware.request_state import RequestState
from serving.gateway.model_client.predictor import CallContext, Predictor, Reply, Signatures, VersionStatus
from serving.gateway.names import ModelRef
from serving.gateway.settings.settings import Settings, SettingsError
from serving.wire.tensors import Array

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

SERVICE = "mnist-gateway"


class Tracer:
    """Creates spans and exports them in batches, in a separate thread."""

    def __init__(self, exporter: SpanExporter) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self.provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self.provider.get_tracer("serving.gateway")

    def start(self, name: str, parent: str, *, client: bool) -> Any:  # noqa: ANN401 - the extra may be absent
        """Start a span whose parent is the one in a ``traceparent``."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        above = TraceContextTextMapPropagator().extract({"traceparent": parent} if parent else {})
        return self._tracer.start_span(name, above, SpanKind.CLIENT if client else SpanKind.SERVER)


def otlp_tracer(settings: Settings) -> Tracer:
    """The tracer for the settings' endpoint.

    Raises:
        SettingsError: when the tracing extra is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise SettingsError(
            "GATEWAY_TRACE_ENDPOINT needs the tracing extra: install requirements/serving-tracing.lock"
        ) from error
    return Tracer(OTLPSpanExporter(endpoint=settings.trace_endpoint))


def traceparent_of(span: Any) -> str:  # noqa: ANN401
    """A span's ``traceparent`` for the next hop."""
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


class TracedPredictor:
    """A predictor that records a span for each Predict call."""

    def __init__(self, predictor: Predictor, tracer: Tracer) -> None:
        self._predictor, self._tracer = predictor, tracer

    async def predict(
        self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
    ) -> Reply:
        """See ``Predictor``."""
        span = self._tracer.start("PredictionService/Predict", context.traceparent, client=True)
        with _ending(span):
            span.set_attributes({"rpc.system": "grpc", "model.name": ref.name, "model.signature": signature})
            reply = await self._predictor.predict(
                ref, signature, inputs, replace(context, traceparent=traceparent_of(span))
            )
            span.set_attribute("model.version", reply.version)
            return reply

    async def status(self, name: str, context: CallContext) -> list[VersionStatus]:
        """See ``Predictor``."""
        return await self._predictor.status(name, context)

    async def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:
        """See ``Predictor``."""
        return await self._predictor.signatures(ref, context)


def register(app: Flask, tracer: Tracer) -> None:
    """Record a span for every request."""

    def begin() -> None:
        # From the caller's own header, because this span replaces the hop made from it.
        g.span = tracer.start(
            f"{request.method} {hooks.route()}", request.headers.get("traceparent", ""), client=False
        )
        state: RequestState = g.request_state
        state.traceparent = traceparent_of(g.span)

    app.before_request(begin)
    app.after_request(_describe)
    app.teardown_request(_end)


def _describe(response: Response) -> Response:
    state: RequestState = g.request_state
    g.span.set_attributes(
        {
            "http.request.method": request.method,
            "http.route": hooks.route(),
            "http.response.status_code": response.status_code,
            "request.id": state.request_id,
            **({"model.name": state.model, "model.version": state.version} if state.model else {}),
            **{f"stage.{name}": seconds for name, seconds in state.stages.items() if seconds},
        }
    )
    return response


def _end(error: BaseException | None) -> None:  # noqa: ARG001 - the framework passes it
    if "span" in g:
        g.span.end()


def _ending(span: Any) -> Any:  # noqa: ANN401
    from opentelemetry.trace import use_span

    return use_span(span, end_on_exit=True, record_exception=True, set_status_on_exception=True)
