"""REST Hooks, as Zapier and Make subscribe: one URL for one event type, and samples of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from webhooks_app.catalogue import EventType
from webhooks_app.channels.webhook.formats import EventView, wire_format
from webhooks_app.channels.webhook.formats.github import GitHub
from webhooks_app.events import stream
from webhooks_app.lib import json_text
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Event, Subscription
from webhooks_app.subscriptions.service import create_subscription
from webhooks_app.subscriptions.spec import LONGEST_NAME
from webhooks_app.vocabulary import SubscriptionKind

# Its body is flat and has an id, by which these services know events that they have seen.
FORMAT = GitHub.name
SAMPLES = 3
# The same each time, so that a sample does not change.
SHOWN_AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
MEMBERS = {"#/url": "#/target_url", "#/event_types": "#/event", "#/event_types/0": "#/event"}


def subscribe(
    session: Session, tenant: Tenant, target_url: str, event: str, vault: Vault, guard: Guard
) -> Subscription:
    """A webhook for `event`, committed. No ping: it would look like an event there.

    Raises `Invalid` with faults at `#/target_url` and `#/event`, and `PlanLimit`.
    """
    members = {
        "name": _name(target_url, event),
        "url": target_url,
        "event_types": [event],
        "wire_format": FORMAT,
    }
    kind = SubscriptionKind.WEBHOOK
    try:
        row, _ = create_subscription(session, tenant, kind, members, vault, guard, ping=False)
    except Invalid as error:
        faults = (replace(one, at=MEMBERS.get(one.at, one.at)) for one in error.faults)
        raise Invalid(*faults) from error
    return row


def samples(session: Session, tenant: Tenant, kind: EventType, *, real: bool) -> list[bytes]:
    """Bodies as a hook gets them: the newest real ones, else what the catalogue shows."""
    found = list(_newest(session, tenant, kind.name)) if real else []
    format_ = wire_format(FORMAT)
    return [format_.envelope(one) for one in found or [_shown(tenant, kind)]]


def _newest(session: Session, tenant: Tenant, name: str) -> Iterator[EventView]:
    for line in stream.list_recent(session, tenant, name, SAMPLES):
        yield _view(line.event)


def _view(row: Event) -> EventView:
    return EventView(
        id=row.id,
        type=row.type,
        occurred_at=row.occurred_at,
        organisation_id=row.organisation_id,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        data=row.data.encode(),
    )


def _shown(tenant: Tenant, kind: EventType) -> EventView:
    return EventView(
        id=f"evt_sample_{kind.name}",
        type=kind.name,
        occurred_at=SHOWN_AT,
        organisation_id=tenant.organisation_id,
        subject_type=None,
        subject_id=None,
        data=json_text.write(kind.sample).encode(),
    )


def _name(target_url: str, event: str) -> str:
    try:
        host = urlsplit(target_url).hostname or ""
    except ValueError:
        host = ""
    printable = "".join(filter(str.isprintable, f"{host}: {event}"))
    return printable[:LONGEST_NAME]
