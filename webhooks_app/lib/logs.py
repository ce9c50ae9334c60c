"""Structured logs: one JSON line per event, never with secrets."""

import logging
import os
import sys

import structlog
from flask import Response, g, has_request_context, request
from structlog.typing import EventDict, Processor, WrappedLogger

from webhooks_app.lib.request_ids import HEADER, request_id_of


def configure_logging(level: str) -> None:
    """Log to stderr, both structlog and the standard library.

    JSON lines, or on a terminal, lines for people.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _say_where,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("rq.worker", "rq.job", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def name_request(response: Response) -> Response:
    """Send the id that the request's log lines have."""
    response.headers[HEADER] = request_id()
    return response


def request_id() -> str:
    """The id of the current request."""
    if "request_id" not in g:
        g.request_id = request_id_of(request.headers.get(HEADER))
    return str(g.request_id)


def _say_where(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the process, and the request and organisation it works for."""
    event["pid"] = os.getpid()
    if has_request_context():
        event["request_id"] = request_id()
        # Not the path: some hold a token.
        event["route"] = f"{request.method} {request.url_rule or 'unknown'}"
        if "organisation_id" in g:
            event["organisation"] = g.organisation_id
    return event


def _rendering() -> list[Processor]:
    if sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer()]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
