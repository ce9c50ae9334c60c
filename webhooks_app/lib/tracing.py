"""Traces: off, and nothing of OpenTelemetry is imported, unless a variable names a collector.

The variables are OpenTelemetry's own (`OTEL_*`), and its library reads them. It comes with the
extra `otel`.
"""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from webhooks_app.lib import traceparent
from webhooks_app.lib.traceparent import BROUGHT, OURS

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from webhooks_app.lib.otel import Attributes, Spans

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"
PATIENCE = 5.0  # seconds for the last spans

log = structlog.get_logger(__name__)

_spans: "Spans | None" = None


def start(role: str) -> None:
    """Call it in the process that makes the spans: a fork would have no thread to send them."""
    global _spans
    if not is_wanted(os.environ):
        return
    protocol = _first(os.environ, PROTOCOLS) or PROTOCOL
    if protocol != PROTOCOL:
        log.warning("no traces", reason=f"only {PROTOCOL} works here, not {protocol}")
        return
    try:
        from webhooks_app.lib.otel import Spans
    except ImportError:
        log.warning(
            "no traces", reason="install what they need: pip install 'hookline-server[otel]'"
        )
        return
    _spans = Spans(role)


def is_wanted(environ: Mapping[str, str]) -> bool:
    exporter = environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    is_disabled = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return bool(_first(environ, ENDPOINTS)) and exporter == "otlp" and not is_disabled


def is_on() -> bool:
    return _spans is not None


def stop() -> None:
    """Send what is left, without waiting long for a collector that is away."""
    global _spans
    if _spans is not None:
        spans, _spans = _spans, None
        ending = threading.Thread(target=spans.shut_down, name="last spans", daemon=True)
        ending.start()
        ending.join(PATIENCE)


@dataclass(frozen=True, slots=True)
class Traced:
    """A span, if there is one, and `kept`, by which others continue the trace."""

    kept: str | None = None
    span: "Span | None" = None

    def end(self, about: "Attributes", *, failed: bool = False) -> None:
        if self.span is not None:
            from webhooks_app.lib import otel

            otel.end(self.span, about, failed=failed)


UNTRACED = Traced()


def begin(header: str | None) -> Traced:
    """For a request that reports events. Unless it ends, its span is not sent."""
    if header is None and _spans is None:
        return UNTRACED
    brought = traceparent.read(header)
    if _spans is None:
        return Traced(brought)
    return _begin(_spans, "accept", brought, BROUGHT if brought else OURS, is_request=False)


def begin_below(kept: str, name: str) -> Traced:
    """For a request of ours, because of an event that keeps that trace."""
    if _spans is None:
        return Traced(kept)
    return _begin(_spans, name, kept, traceparent.version_of(kept), is_request=True)


def add(kept: str, name: str, began: int, ended: int, about: "Attributes") -> None:
    """A span that has ended. Times are nanoseconds since 1970."""
    if _spans is not None:
        _spans.add(name, kept, began, ended, about)


def _begin(
    spans: "Spans", name: str, below: str | None, version: str, *, is_request: bool
) -> Traced:
    from webhooks_app.lib import otel

    span = spans.begin(name, below, is_request=is_request)
    return Traced(otel.kept(span, version), span)


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")
