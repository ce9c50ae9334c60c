"""Spans by OpenTelemetry's library. Only `tracing` imports this, when traces are wanted."""

import os
from collections.abc import Mapping

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from webhooks_app.lib import traceparent
from webhooks_app.lib.traceparent import Place

Attributes = Mapping[str, str | int]


class Spans:
    """Sends the spans of this process, in a thread of its own."""

    def __init__(self, role: str) -> None:
        self._provider = TracerProvider(resource=_resource(role), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("hookline")

    def begin(self, name: str, below: str | None, *, is_request: bool) -> Span:
        """A span below the kept trace, or the first of a new one.

        `is_request`: a request of ours, not one to us.
        """
        kind = SpanKind.CLIENT if is_request else SpanKind.SERVER
        return self._tracer.start_span(name, _context(below), kind)

    def add(self, name: str, below: str, began: int, ended: int, about: Attributes) -> None:
        span = self._tracer.start_span(
            name, _context(below), attributes=named(about), start_time=began
        )
        span.end(ended)

    def shut_down(self) -> None:
        self._provider.shutdown()


def end(span: Span, about: Attributes, *, failed: bool) -> None:
    span.set_attributes(named(about))
    if failed:
        span.set_status(StatusCode.ERROR)
    span.end()


def kept(span: Span, version: str) -> str:
    """What an event keeps of the trace, at that span."""
    place = span.get_span_context()
    return Place(place.trace_id, place.span_id, int(place.trace_flags)).text(version)


def named(attributes: Attributes) -> dict[str, str | int]:
    """Under a prefix of our own: `hookline.event_id`."""
    return {f"hookline.{name}": value for name, value in attributes.items()}


def _resource(role: str) -> Resource:
    """OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go first."""
    given = Resource.create()
    is_named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    return given if is_named else given.merge(Resource({"service.name": f"hookline-{role}"}))


def _context(below: str | None) -> Context:
    if below is None:
        return Context()
    place = traceparent.place_of(below)
    parent = SpanContext(place.trace_id, place.span_id, True, TraceFlags(place.flags))
    return set_span_in_context(NonRecordingSpan(parent), Context())
