"""What a form's settings would send for one event: the request, or the mail."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.email.mime import Email
from webhooks_app.channels.webhook.endpoint import PLAIN, view_of
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.channels.webhook.signatures import PREFIX
from webhooks_app.events.type_registry import subscribable_types
from webhooks_app.lib import json_text
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.packed_headers import MASK
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow, zone_named
from webhooks_app.mail.about import About, MailAction
from webhooks_app.mail.compose import MailContext, compose
from webhooks_app.matching.type_patterns import asks_for
from webhooks_app.models import Event, Organisation
from webhooks_app.subscriptions.spec import AnySpec, EmailSpec, WebhookSpec
from webhooks_app.subscriptions.test_delivery import SUBJECTS

# So that the headers look as they will. No subscription has it.
SECRET = PREFIX + base64.b64encode(b"the secret of this example only.").decode()
NOBODY = "somebody@example.com"


@dataclass(frozen=True, slots=True)
class WouldSend:
    """The request of a webhook, or the mail. `event` is None for the sample of an event type."""

    event: Event | None
    headers: Mapping[str, str]
    body: bytes
    is_signed: bool = False
    mail: Email | None = None


def for_event(
    session: Session,
    tenant: Tenant,
    spec: AnySpec,
    event: Event | None,
    desk: MailContext,
    agent: str,
) -> WouldSend | None:
    """For `event`, otherwise the first type's sample. None without a type, and for a digest."""
    claimed = _claimed(session, tenant, spec, event)
    if claimed is None:
        return None
    if isinstance(spec, EmailSpec):
        return WouldSend(event, {}, b"", mail=_mail(session, tenant, spec, claimed, desk))
    return _request(spec, claimed, event, agent)


def _request(spec: WebhookSpec, claimed: Claimed, event: Event | None, agent: str) -> WouldSend:
    format_ = FORMATS.get(spec.wire_format) or FORMATS["standard"]
    view = view_of(claimed)
    body = format_.envelope(view)
    timestamp = int(utcnow().timestamp())
    signed = format_.headers((SECRET,), claimed.delivery_id, timestamp, body, view)
    own = dict.fromkeys(spec.headers, MASK)
    headers = {"User-Agent": agent, **PLAIN, **own, **signed}
    return WouldSend(event, headers, body, format_.signature_header is not None)


def _mail(
    session: Session, tenant: Tenant, spec: EmailSpec, claimed: Claimed, desk: MailContext
) -> Email:
    organisation = session.get_one(Organisation, tenant.organisation_id)
    to = tuple(spec.email_to) or (NOBODY,)
    about = About(
        organisation=organisation.name,
        zone=zone_named(organisation.time_zone),
        test=tenant.mode == "test",
        mode=tenant.mode,
        created_at=utcnow(),
        members=frozenset(one.lower() for one in to),
    )
    action = MailAction("act_preview", spec.name or "this action", to, spec.email_subject)
    return compose(action, claimed, about, desk)[0]


def _claimed(
    session: Session, tenant: Tenant, spec: AnySpec, event: Event | None
) -> Claimed | None:
    known = subscribable_types(session, tenant.organisation_id)
    asked = (kind for name, kind in known.items() if asks_for(spec.event_types, name))
    kind = known.get(spec.event_types[0], next(asked, None)) if spec.event_types else None
    if isinstance(spec, EmailSpec) and spec.schedule is not None:
        return None
    if event is not None:
        subject = (event.subject_type, event.subject_id)
        return _of(tenant, event.id, event.type, event.occurred_at, subject, event.data)
    if kind is None:
        return None
    subject = (
        (spec.scope.type, spec.scope.id) if spec.scope else SUBJECTS.get(kind.group, (None, None))
    )
    now = utcnow()
    data = json_text.write(kind.sample)
    return _of(tenant, floor_id("evt", now.timestamp()), kind.name, now, subject, data)


def _of(
    tenant: Tenant,
    event_id: str,
    name: str,
    occurred_at: datetime,
    subject: tuple[str | None, str | None],
    data: str,
) -> Claimed:
    return Claimed(
        delivery_id=floor_id("msg", utcnow().timestamp()),
        subscription_id="",
        number=1,
        failures=0,
        lost=False,
        revision=1,
        wire_format="standard",
        event_id=event_id,
        event_type=name,
        occurred_at=occurred_at,
        organisation_id=tenant.organisation_id,
        subject_type=subject[0],
        subject_id=subject[1],
        data=data,
    )
