"""Rows for tests, with defaults that read well."""

from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

import orjson
from werkzeug.security import generate_password_hash

from webhooks_app.api.openapi.examples import DEVICE_CODE
from webhooks_app.channels.webhook.signatures import sign_standard
from webhooks_app.events import custom_types
from webhooks_app.extensions import db
from webhooks_app.ingest.accept import accept
from webhooks_app.lib import crypto
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.incoming import Accepted, Incoming
from webhooks_app.models import (
    ApiKey,
    Attempt,
    CustomEventType,
    Delivery,
    DeviceLogIn,
    Event,
    Inbox,
    InboxRequest,
    MailRecipient,
    Membership,
    Notification,
    Organisation,
    Passkey,
    Subscription,
    SubscriptionHealth,
    User,
)
from webhooks_app.parts import parts
from webhooks_app.people import api_keys

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SCOPES = list(api_keys.SCOPES)


def organisation(name: str = "Acme") -> Organisation:
    row = Organisation(id=new_id("org"), name=name, created_at=utcnow())
    db.session.add(row)
    db.session.commit()
    return row


# Real hashing is slow by design.
QUICK = "pbkdf2:sha256:1"


def user(
    email: str = "owner@example.com", password: str = "correct horse battery", **more: Any
) -> User:
    password_hash = generate_password_hash(password, QUICK)
    row = User(
        id=new_id("usr"), email=email, password_hash=password_hash, created_at=utcnow(), **more
    )
    db.session.add(row)
    db.session.commit()
    return row


def member(organisation: Organisation, user: User, role: str = "owner") -> Membership:
    row = Membership(organisation_id=organisation.id, user_id=user.id, role=role)
    db.session.add(row)
    db.session.commit()
    return row


def passkey(user: User, name: str = "Laptop", **more: Any) -> Passkey:
    """One whose private key nobody has."""
    values = {"credential_id": token_urlsafe(32), "public_key": b"x", "sign_count": 0, **more}
    row = Passkey(id=new_id("pky"), user_id=user.id, name=name, created_at=utcnow(), **values)
    db.session.add(row)
    db.session.commit()
    return row


def api_key(
    organisation: Organisation, mode: str = "live", scopes: list[str] | None = None, **more: Any
) -> str:
    """The bearer token; the row has only its digest."""
    token = crypto.new_token(f"hk_{mode}")
    db.session.add(
        ApiKey(
            organisation_id=organisation.id,
            mode=mode,
            hint=token[-4:],
            digest=crypto.digest(token),
            scopes=SCOPES if scopes is None else scopes,
            **({"id": new_id("key"), "name": "test", "created_at": utcnow()} | more),
        )
    )
    db.session.commit()
    return token


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def webhook(organisation: Organisation, url: str, **more: Any) -> Subscription:
    """An enabled webhook on `lead.captured`, with `secret` and `headers` unencrypted.

    The addresses of an action have `confirmed`.
    """
    vault = parts().vault
    secret, headers = more.pop("secret", SECRET), more.pop("headers", {})
    confirmed = more.pop("confirmed", True)
    values: dict[str, Any] = {
        "id": new_id("whk"),
        "mode": "live",
        "kind": "webhook",
        "channel": "webhook",
        "name": "A webhook",
        "event_types": ["lead.captured"],
        "conditions": [],
        "created_at": utcnow(),
        "updated_at": utcnow(),
    }
    row = Subscription(
        organisation_id=organisation.id,
        url=url,
        sealed_secret=vault.seal(secret),
        sealed_headers=vault.seal(orjson.dumps(headers).decode()),
        **(values | more),
    )
    row.health = SubscriptionHealth()
    organisation.subscriptions_version += 1
    db.session.add(row)
    if confirmed:
        confirm(organisation, *more.get("email_to", ()))
    db.session.commit()
    return row


def confirm(organisation: Organisation, *addresses: str) -> None:
    """These addresses want the organisation's mails."""
    for address in addresses:
        row = MailRecipient(
            organisation_id=organisation.id,
            address=address.lower(),
            asked=1,
            asked_at=utcnow(),
            confirmed_at=utcnow(),
            created_at=utcnow(),
        )
        db.session.merge(row)
    db.session.commit()


def action(organisation: Organisation, url: str, **more: Any) -> Subscription:
    return webhook(organisation, url, **{"id": new_id("act"), "kind": "action", **more})


def event_type(
    organisation: Organisation, name: str = "order.paid", **more: Any
) -> CustomEventType:
    """One that the organisation registered."""
    fields = {"name": name, "sample": '{"id":"ord_1","total":42.5}', **more}
    return custom_types.register(db.session(), organisation.id, fields)


def tenant(organisation: Organisation, mode: str = "live") -> Tenant:
    return Tenant(organisation.id, mode)


def lead(**more: Any) -> Incoming:
    values: dict[str, Any] = {
        "type": "lead.captured",
        "data": '{"name":"Ada","email":"ada@example.com"}',
        "occurred_at": utcnow(),
    }
    return Incoming(**(values | more))


def accepted(organisation: Organisation, *events: Incoming, mode: str = "live") -> list[Accepted]:
    asked = tenant(organisation, mode)
    db.session.commit()
    return accept(db.engine, asked, events or [lead()])


def event_of(accepted: Accepted) -> Event:
    return db.session.get_one(Event, accepted.id)


def attempt(delivery: Delivery, number: int = 1, **more: Any) -> Attempt:
    """A try of that delivery, as the engine records it."""
    columns: dict[str, Any] = {
        "outcome": "succeeded",
        "status_code": 200,
        "url": "https://receiver.example/hook",
        "request_headers": '{"content-type":"application/json"}',
        "response_headers": '[["content-type","text/plain"]]',
        "response_body": b"ok",
        "response_truncated": False,
        "started_at": utcnow(),
        "duration_ms": 20,
    }
    row = Attempt(delivery_id=delivery.id, number=number, **columns | more)
    db.session.add(row)
    db.session.commit()
    return row


def inbox(organisation: Organisation, secret: str | None = SECRET, **more: Any) -> Inbox:
    """An inbox at `/test-webhook/<token>`; `secret` is unencrypted."""
    values: dict[str, Any] = {
        "id": new_id("inb"),
        "token": token_urlsafe(24),
        "name": "Receiver",
        "created_at": utcnow(),
    }
    if secret is not None:
        values["sealed_secret"] = parts().vault.seal(secret)
    row = Inbox(organisation_id=organisation.id, **(values | more))
    db.session.add(row)
    db.session.commit()
    return row


def notification(organisation: Organisation, **more: Any) -> Notification:
    values: dict[str, Any] = {
        "id": new_id("ntf"),
        "mode": "live",
        "kind": "delivery_failed",
        "title": "CRM: a delivery failed permanently",
        "body": "lead.captured could not be delivered after 6 tries.",
        "created_at": utcnow(),
    }
    row = Notification(organisation_id=organisation.id, **(values | more))
    db.session.add(row)
    db.session.commit()
    return row


def device_log_in(organisation_id: str, user_id: str | None = None) -> DeviceLogIn:
    """Approved, of the program in the examples of the API's document."""
    now = utcnow()
    return DeviceLogIn(
        id="dli_06gvpml7cj579nme4baogimovo",
        digest=crypto.digest(DEVICE_CODE),
        user_code="WDJB-MJHT",
        client="hookline on ada-laptop",
        preset="develop",
        ip="",
        status="approved",
        created_at=now,
        expires_at=now + timedelta(minutes=10),
        user_id=user_id,
        key_organisation_id=organisation_id,
        key_mode="test",
        key_name="hookline on ada-laptop",
        key_scopes=["events:write"],
    )


def example_rows(organisation_id: str) -> None:
    """What the examples of the API's document are about and no request can make."""
    number, now = "06gvpml7cj579nme4baogimovo", utcnow()
    user = User(
        id=f"usr_{number}", email="ada@example.com", name="Ada", password_hash="", created_at=now
    )
    mine = {"organisation_id": organisation_id}
    inbox = Inbox(id=f"inb_{number}", token="example", name="Example", created_at=now, **mine)
    told = {"kind": "delivery_failed", "title": "Failed", "body": "", "mode": "live"}
    for row in (
        user,
        Membership(user_id=user.id, role="admin", **mine),
        device_log_in(organisation_id, user.id),
        Notification(id=f"ntf_{number}", created_at=now, **told, **mine),
        inbox,
        InboxRequest(
            id=f"req_{number}",
            inbox_id=inbox.id,
            method="POST",
            headers="[]",
            body=b"{}",
            received_at=now,
        ),
    ):
        db.session.merge(row)
        db.session.flush()
    db.session.commit()


def signed(
    body: bytes, secret: str = SECRET, at: int | None = None, id_: str = "msg_1"
) -> dict[str, str]:
    """The headers of a Standard Webhooks request; `at` in Unix seconds, now by default."""
    stamp = int(utcnow().timestamp()) if at is None else at
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign_standard([secret], id_, stamp, body),
    }
