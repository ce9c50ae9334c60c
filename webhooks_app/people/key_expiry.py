"""Warn owners and admins once before an API key expires, in the dashboard and by mail."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import rfc3339, when, zone_named
from webhooks_app.mail import service as mail
from webhooks_app.mail.mail_notices import owners_and_admins
from webhooks_app.models import ApiKey, Notification, Organisation
from webhooks_app.organisations.system_events import Happened, tell
from webhooks_app.vocabulary import Mode

WARNED_BEFORE = timedelta(days=7)
# Of its lifetime: a key made for one day needs no warning right away.
LAST_PART = 4
AT_ONCE = 100


def warn(session: Session, now: datetime) -> int:
    """Warn about keys that expire soon and were not rotated, committed; returns how many."""
    expiring = session.execute(
        select(ApiKey, Organisation)
        .join(Organisation, Organisation.id == ApiKey.organisation_id)
        .where(
            ApiKey.expires_at > now,
            ApiKey.expires_at <= now + WARNED_BEFORE,
            ApiKey.warned_at.is_(None),
            ApiKey.revoked_at.is_(None),
            ApiKey.replaced_by.is_(None),
        )
        .order_by(ApiKey.expires_at)
        .limit(AT_ONCE)
        .with_for_update(of=ApiKey, skip_locked=True)
    ).all()
    due = [(key, organisation) for key, organisation in expiring if _is_due(key, now)]
    for key, organisation in due:
        _warn_of(session, key, organisation, now)
    session.commit()
    mail.send_soon()
    return len(due)


def _is_due(key: ApiKey, now: datetime) -> bool:
    assert key.expires_at is not None
    lead = min(WARNED_BEFORE, (key.expires_at - key.created_at) / LAST_PART)
    return now >= key.expires_at - lead


def _warn_of(session: Session, key: ApiKey, organisation: Organisation, now: datetime) -> None:
    assert key.expires_at is not None
    tenant = Tenant(key.organisation_id, key.mode)
    key.warned_at = now
    at = when(key.expires_at, zone_named(organisation.time_zone))
    title = f"The API key {key.name} expires soon"
    body = (
        f"The {key.mode} key that ends in …{key.hint} expires on {at}. After that, requests with "
        "it get a 401. Rotate it to get a new key; the old one can keep working for a while."
    )
    session.add(
        Notification(
            id=new_id("ntf"),
            organisation_id=key.organisation_id,
            mode=key.mode,
            kind="key_expiring",
            title=title,
            body=body,
            created_at=now,
        )
    )
    happened = Happened(
        "api_key.expiring",
        {"id": key.id, "name": key.name, "expires_at": rfc3339(key.expires_at)},
    )
    tell(session.connection(), tenant, happened)
    for address in owners_and_admins(session, organisation.id):
        mail.post(
            session,
            address,
            "key_expiring",
            title=title,
            body=body,
            organisation=organisation.name,
            test=key.mode == Mode.TEST,
            link=mail.link(tenant.page(f"/api-keys/{key.id}")),
        )
