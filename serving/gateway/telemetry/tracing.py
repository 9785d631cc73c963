"""OpenTelemetry traces: a span for each request and each call to the model server.

This needs the extra ``tracing``, and is not imported unless the settings name an endpoint. A caller's
``traceparent`` is passed on in any case, with a new span id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Flask, Response, g, request
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from serving.gateway.middleware import hooks
from serving.gateway.middleware import request_state as state
from serving.gateway.model_client.predictor import CallContext, Predictor, Reply
from serving.gateway.names import ModelRef
from serving.wire.tensors import Array

__all__ = ["OTLPSpanExporter", "TracedPredictor", "Tracer"]

SERVICE = "mnist-gateway"


class Tracer:
    """Creates spans and exports them in batches, in a separate thread."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self.provider.get_tracer("serving.gateway")

    def start(self, name: str, parent: str, kind: SpanKind) -> Span:
        """Start a span whose parent is the one in a ``traceparent``."""
        above = TraceContextTextMapPropagator().extract({"traceparent": parent} if parent else {})
        return self._tracer.start_span(name, above, kind)

    def traced(self, predictor: Predictor) -> TracedPredictor:
        """A predictor that records a span for each Predict call."""
        return TracedPredictor(predictor, self)

    def register(self, app: Flask) -> None:
        """Record a span for every request."""
        app.before_request(self._begin)
        app.after_request(_describe)
        app.teardown_request(lambda _: g.span.end() if "span" in g else None)

    def _begin(self) -> None:
        # From the caller's own header, because this span replaces the hop made from it.
        above = request.headers.get("traceparent", "")
        g.span = self.start(f"{request.method} {hooks.route()}", above, SpanKind.SERVER)
        state.current().traceparent = _traceparent_of(g.span)


class TracedPredictor:
    """A predictor that records a span for each Predict call."""

    def __init__(self, predictor: Predictor, tracer: Tracer) -> None:
        self._predict, self._tracer = predictor.predict, tracer
        self.status, self.signatures = predictor.status, predictor.signatures

    async def predict(
        self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
    ) -> Reply:
        """See ``Predictor``."""
        span = self._tracer.start("PredictionService/Predict", context.traceparent, SpanKind.CLIENT)
        with use_span(span, end_on_exit=True):
            span.set_attributes({"rpc.system": "grpc", "model.name": ref.name, "model.signature": signature})
            context = replace(context, traceparent=_traceparent_of(span))
            reply = await self._predict(ref, signature, inputs, context)
            span.set_attribute("model.version", reply.version)
            return reply


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
