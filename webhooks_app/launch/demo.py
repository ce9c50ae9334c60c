"""The demo organisation of the first run, and its log-ins."""

import os
import secrets
from pathlib import Path

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.launch.demo_file import Demo, LogIn, demo_file, kept_demo
from webhooks_app.launch.place import Site
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Inbox, Organisation, Subject, Subscription, User
from webhooks_app.parts import parts
from webhooks_app.people import accounts, api_keys
from webhooks_app.subscriptions.service import create_subscription, update_subscription
from webhooks_app.vocabulary import Mode, Role, SubscriptionKind

CHATBOT = "bot_demo"
EVENT_TYPES = ["lead.captured", "conversation.started", "conversation.ended", "booking.confirmed"]


def demo_for(settings: Settings, site: Site) -> Demo | None:
    """The demo, created in a new database; None if the database has other organisations."""
    file = demo_file(settings)
    with Session(db.engine) as session:
        if (demo := kept_demo(file)) and session.get(Organisation, demo.organisation_id):
            _follow(session, demo, settings, site)
            return demo
        if session.scalar(select(Organisation.id).limit(1)):
            return None
    return _make_whole(file, settings, site)


def _make_whole(file: Path, settings: Settings, site: Site) -> Demo:
    """Create it in one transaction and write the file before its end: never half a demo."""
    with db.engine.begin() as connection:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            demo = _make(session, settings, site)
            session.commit()
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as writer:
            writer.write(msgspec.json.encode(demo))
    return demo


def _make(session: Session, settings: Settings, site: Site) -> Demo:
    owner = LogIn("owner@example.com", secrets.token_urlsafe(12))
    viewer = LogIn("viewer@example.com", secrets.token_urlsafe(12))
    organisation = accounts.create_organisation(session, "Demo", owner.email, owner.password)
    session.execute(update(User).where(User.email == owner.email).values(is_operator=True))
    accounts.add_member(session, organisation, viewer.email, viewer.password, Role.VIEWER)
    _name_chatbot(session, organisation)
    token = secrets.token_urlsafe(24)
    subscription, _ = _subscribe(session, organisation, settings, site.url + path_of(token))
    _open_inbox(session, organisation, token, subscription)
    return Demo(
        organisation_id=organisation.id,
        owner=owner,
        viewer=viewer,
        api_key=api_keys.create_api_key(session, organisation.id, Mode.LIVE, "Demo")[1],
        inbox_token=token,
        subscription_id=subscription.id,
    )


def _name_chatbot(session: Session, organisation: Organisation) -> None:
    chatbot = Subject(
        organisation_id=organisation.id,
        type="chatbot",
        id=CHATBOT,
        name="Demo chatbot",
        created_at=utcnow(),
    )
    session.add(chatbot)


def _open_inbox(
    session: Session, organisation: Organisation, token: str, subscription: Subscription
) -> None:
    inbox = Inbox(
        id=new_id("inb"),
        organisation_id=organisation.id,
        token=token,
        name="Demo receiver",
        subscription_id=subscription.id,
        created_at=utcnow(),
    )
    session.add(inbox)


def _subscribe(
    session: Session, organisation: Organisation, settings: Settings, url: str
) -> tuple[Subscription, str]:
    tenant = Tenant(organisation.id, Mode.LIVE)
    fields = {"name": "Demo receiver", "url": url, "event_types": EVENT_TYPES}
    return create_subscription(
        session, tenant, SubscriptionKind.WEBHOOK, fields, parts().vault, settings.guard, ping=False
    )


def _follow(session: Session, demo: Demo, settings: Settings, site: Site) -> None:
    """Follow the receiver to a new port, unless someone changed the subscription's URL."""
    row = session.get(Subscription, demo.subscription_id)
    path = path_of(demo.inbox_token)
    url = site.url + path
    if row is not None and row.deleted_at is None and row.url.endswith(path) and row.url != url:
        update_subscription(session, row, {"url": url}, parts().vault, settings.guard, ping=False)
        row.former_urls = []  # nothing listens on the old port
        session.commit()


def path_of(token: str) -> str:
    return f"/test-webhook/{token}"
