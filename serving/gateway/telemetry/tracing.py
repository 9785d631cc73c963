"""OpenTelemetry traces, an optional extra: a span for each request and each call to the model server.

Nothing is loaded unless the settings name an endpoint. A caller's ``traceparent`` is passed on in any case,
with a new span id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request

from serving.gateway.middleware import hooks
from serving.gateway.middleware import request_state as state
from serving.gateway.model_client.predictor import CallContext, Predictor, Reply
from serving.gateway.names import ModelRef
from serving.gateway.settings.settings import Settings, SettingsError
from serving.wire.tensors import Array

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

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

    def start(self, name: str, parent: str, *, client: bool) -> Span:
        """Start a span whose parent is the one in a ``traceparent``."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        above = TraceContextTextMapPropagator().extract({"traceparent": parent} if parent else {})
        return self._tracer.start_span(name, above, SpanKind.CLIENT if client else SpanKind.SERVER)


def otlp_tracer(settings: Settings) -> Tracer | None:
    """The tracer for the settings' endpoint, if they name one.

    Raises:
        SettingsError: when the tracing extra is not installed.
    """
    if not settings.trace_endpoint:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise SettingsError(
            "GATEWAY_TRACE_ENDPOINT needs the tracing extra: install requirements/serving-tracing.lock"
        ) from error
    return Tracer(OTLPSpanExporter(endpoint=settings.trace_endpoint))


class TracedPredictor:
    """A predictor that records a span for each Predict call."""

    def __init__(self, predictor: Predictor, tracer: Tracer) -> None:
        self._predictor, self._tracer = predictor, tracer
        self.status, self.signatures, self.close = predictor.status, predictor.signatures, predictor.close

    async def predict(
        self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
    ) -> Reply:
        """See ``Predictor``."""
        from opentelemetry.trace import use_span

        span = self._tracer.start("PredictionService/Predict", context.traceparent, client=True)
        with use_span(span, end_on_exit=True):
            span.set_attributes({"rpc.system": "grpc", "model.name": ref.name, "model.signature": signature})
            context = replace(context, traceparent=_traceparent_of(span))
            reply = await self._predictor.predict(ref, signature, inputs, context)
            span.set_attribute("model.version", reply.version)
            return reply


def register(app: Flask, tracer: Tracer) -> None:
    """Record a span for every request."""

    def begin() -> None:
        # From the caller's own header, because this span replaces the hop made from it.
        above = request.headers.get("traceparent", "")
        g.span = tracer.start(f"{request.method} {hooks.route()}", above, client=False)
        state.current().traceparent = _traceparent_of(g.span)

    app.before_request(begin)
    app.after_request(_describe)
    app.teardown_request(lambda _: g.span.end() if "span" in g else None)


def _traceparent_of(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _describe(response: Response) -> Response:
    current = state.current()
    g.span.set_attributes(
        {
            "http.request.method": request.method,
            "http.route": hooks.route(),
            "http.response.status_code": response.status_code,
            "request.id": current.request_id,
            **({"model.name": current.model, "model.version": current.version} if current.model else {}),
            **{f"stage.{name}": seconds for name, seconds in current.stages.items() if seconds},
        }
    )
    return response
