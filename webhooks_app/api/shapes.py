"""How rows look in JSON."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import orjson

from webhooks_app.catalogue import EventType
from webhooks_app.channels.webhook.formats.pollybot import name_of
from webhooks_app.chat.service import MessageResult
from webhooks_app.deliveries.log import Logged
from webhooks_app.lib.paging import Page
from webhooks_app.lib.times import rfc3339
from webhooks_app.matching.incoming import Accepted
from webhooks_app.models import Attempt, Event, Subscription
from webhooks_app.vocabulary import WAITING

Shape = dict[str, Any]
Row = TypeVar("Row")


def page(page: Page[Row], shape: Callable[[Row], Shape]) -> Shape:
    return {"data": [shape(row) for row in page.rows], "next_cursor": page.next_cursor}


def accepted(accepted: Accepted) -> Shape:
    return {"id": accepted.id, "type": accepted.type, "deliveries": accepted.deliveries}


def heard(heard: MessageResult) -> Shape:
    return {
        "conversation_id": heard.conversation_id,
        "events": [{"id": event.id, "type": event.type} for event in heard.events],
    }


def event_type(kind: EventType) -> Shape:
    return {
        "name": kind.name,
        "title": kind.title,
        "description": kind.description,
        "group": kind.group,
        "pollybot_name": name_of(kind.name),
        "sample": kind.sample,
        "schema": kind.schema,
        "own": kind.own,
    }


def webhook(row: Subscription, masked_headers: dict[str, str]) -> Shape:
    """Never with its secret."""
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "url": row.url,
        "event_types": row.event_types,
        "scope": _subject(row.scope_type, row.scope_id),
        "conditions": row.conditions,
        "match": row.match,
        "changed_fields": row.changed_fields,
        "wire_format": row.wire_format,
        "retry_policy": row.retry_policy,
        "rate_limit": row.rate_limit,
        "timeout": row.timeout,
        "failure_mail": row.failure_mail,
        "headers": masked_headers,
        "enabled": row.enabled,
        "disabled_reason": row.disabled_reason,
        "counters": _counters(row),
        "previous_secret_expires_at": _moment(row.previous_secret_expires_at),
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }


def _counters(row: Subscription) -> Shape:
    health = row.health
    return {
        "delivered": health.delivered,
        "failed": health.failed,
        "failed_attempts": health.failed_attempts,
        "last_attempt_at": _moment(health.last_attempt_at),
        "last_success_at": _moment(health.last_success_at),
        "failing_since": _moment(health.failing_since),
    }


def delivery(logged: Logged) -> Shape:
    row = logged.delivery
    return {
        "id": row.id,
        "event": _event(logged.event),
        "subscription_id": row.subscription_id,
        "trigger": row.trigger,
        "replay_of": row.replay_of,
        "status": row.status,
        "tries": row.tries,
        "failures": row.failures,
        "status_code": row.status_code,
        "error": row.error,
        "next_try_at": _moment(row.due_at) if row.status in WAITING else None,
        "created_at": rfc3339(row.created_at),
        "finished_at": _moment(row.finished_at),
    }


def _event(event: Event) -> Shape:
    return {
        "id": event.id,
        "type": event.type,
        "subject": _subject(event.subject_type, event.subject_id),
        "occurred_at": rfc3339(event.occurred_at),
    }


def _subject(type_: str | None, id_: str | None) -> Shape | None:
    return {"type": type_, "id": id_} if type_ else None


def attempt(row: Attempt) -> Shape:
    """`response_headers` are pairs, since a name may come twice."""
    return {
        "number": row.number,
        "outcome": row.outcome,
        "failure": row.failure,
        "error": row.error,
        "status_code": row.status_code,
        "url": row.url,
        "request_headers": orjson.loads(row.request_headers),
        "response_headers": orjson.loads(row.response_headers),
        "response_body": row.response_body.decode(errors="replace"),
        "response_truncated": row.response_truncated,
        "started_at": rfc3339(row.started_at),
        "duration_ms": row.duration_ms,
    }


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
