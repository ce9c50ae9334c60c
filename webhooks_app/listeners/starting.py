"""Start a listener, or take one up again."""

from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from webhooks_app.channels.webhook.signatures import generate_secret
from webhooks_app.database import clock
from webhooks_app.events.type_registry import subscribable_types
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.listeners import ending
from webhooks_app.models import Listener, Queued, Subscription
from webhooks_app.models.queued import READY
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.subscriptions import reading, secrets, service
from webhooks_app.subscriptions.faults import World
from webhooks_app.subscriptions.reading import Members
from webhooks_app.subscriptions.saving import commit_change
from webhooks_app.subscriptions.spec import NEW_WEBHOOK, NewWebhookSpec
from webhooks_app.vocabulary import SubscriptionKind

MOST = 20
# The real URL is never requested from here, so the rules for URLs do not apply to it.
ANY_URL = "https://example.com/"


class Wanted(NamedTuple):
    """`members` are those of a webhook, without `url`; `own_key` is how it is found again.

    The listener ends when its computer was away for `keep_for` seconds.
    """

    url: str
    members: Members
    own_key: str | None
    keep_for: int
    secret: str | None


class Started(NamedTuple):
    listener: Listener
    subscription: Subscription
    secret: str
    is_new: bool


def start(
    session: Session, tenant: Tenant, key_id: str, wanted: Wanted, vault: Vault, guard: Guard
) -> Started:
    """A listener with a new session, committed.

    One with the same `own_key` is taken up and gets the new settings. What its earlier session was
    sending is due again. Raises `Invalid`, and `Conflict` if there are too many.
    """
    if wanted.own_key is not None:
        _end_deleted(session, key_id, wanted.own_key)
    if (listener := _by_own_key(session, tenant, key_id, wanted.own_key)) is not None:
        return _take_up(session, listener, wanted, vault, guard)
    try:
        return _make(session, tenant, key_id, wanted, vault, guard)
    except IntegrityError:  # the same computer has just made it
        session.rollback()
    again = _by_own_key(session, tenant, key_id, wanted.own_key)
    if again is None:
        raise Conflict("This listener has just ended. Start it again.")
    return _take_up(session, again, wanted, vault, guard)


def list_listeners(session: Session, tenant: Tenant) -> Collection[tuple[Listener, Subscription]]:
    """All of a tenant, the newest first."""
    rows = session.execute(
        select(Listener, Subscription)
        .join(Subscription, Subscription.id == Listener.subscription_id)
        .where(Subscription.in_tenant(tenant), Subscription.is_present())
        .order_by(Subscription.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def _by_own_key(
    session: Session, tenant: Tenant, key_id: str, own_key: str | None
) -> Listener | None:
    if own_key is None:
        return None
    return session.scalar(
        select(Listener)
        .join(Subscription, Subscription.id == Listener.subscription_id)
        .where(
            Subscription.in_tenant(tenant),
            Subscription.is_present(),
            Listener.api_key_id == key_id,
            Listener.own_key == own_key,
        )
    )


def _end_deleted(session: Session, key_id: str, own_key: str) -> None:
    """Someone may have deleted its webhook, which leaves the listener: `own_key` is free again."""
    deleted = session.scalar(
        select(Listener.subscription_id)
        .join(Subscription, Subscription.id == Listener.subscription_id)
        .where(
            ~Subscription.is_present(), Listener.api_key_id == key_id, Listener.own_key == own_key
        )
    )
    if deleted is not None:
        ending.end(session, deleted)


def _make(
    session: Session, tenant: Tenant, key_id: str, wanted: Wanted, vault: Vault, guard: Guard
) -> Started:
    _check_room(session, tenant)
    types = subscribable_types(session, tenant.organisation_id)
    world = World(types, guard, tenant.mode, patterns=True)
    spec = reading.new(NEW_WEBHOOK, _members(wanted), world)
    secret = _own(spec) or generate_secret()
    kind = SubscriptionKind.WEBHOOK
    row = service.new_row(session, tenant, kind, spec, secret, vault)
    row.is_listener, row.url, row.updated_at = True, wanted.url, utcnow()
    session.flush()
    listener = Listener(subscription_id=row.id, api_key_id=key_id, own_key=wanted.own_key)
    _begin(session, listener, wanted)
    session.add(listener)
    record(session, "listener.started", Target.of(row), url=wanted.url)
    commit_change(session, row)
    return Started(listener, row, secret, True)


def _take_up(
    session: Session, listener: Listener, wanted: Wanted, vault: Vault, guard: Guard
) -> Started:
    try:
        return _renewed(session, listener, wanted, vault, guard)
    except StaleDataError as error:
        session.rollback()
        raise Conflict("This listener has just changed or ended. Start it again.") from error


def _renewed(
    session: Session, listener: Listener, wanted: Wanted, vault: Vault, guard: Guard
) -> Started:
    row = session.get_one(Subscription, listener.subscription_id)
    row.url = wanted.url
    members = {name: value for name, value in _members(wanted).items() if name != "url"}
    members.pop("secret", None)
    if (secret := secrets.readable_secret(row, vault)) != (wanted.secret or secret):
        secret = secrets.usable_secret(wanted.secret or "", str(members["wire_format"]))
        secrets.replace_secret(session, row, vault, secret)
    session.flush()
    service.update_subscription(session, row, members | {"enabled": True}, vault, guard, ping=False)
    _begin(session, listener, wanted)
    release(session, listener.subscription_id)
    session.commit()
    return Started(listener, row, secret or "", False)


def release(session: Session, listener_id: str, in_hand: Collection[str] = ()) -> None:
    """Make due again what this listener was sending, except those in hand."""
    session.execute(
        update(Queued)
        .where(
            Queued.subscription_id == listener_id,
            text(READY),
            Queued.leased_until.is_not(None),
            Queued.delivery_id.not_in(in_hand),
        )
        .values(leased_until=clock(session.connection()))
        .execution_options(synchronize_session=False)
    )


def _begin(session: Session, listener: Listener, wanted: Wanted) -> None:
    listener.session_id = new_id("lss")
    listener.keep_for = wanted.keep_for
    now = clock(session.connection())
    listener.alive_until = now + timedelta(seconds=wanted.keep_for)


def _members(wanted: Wanted) -> Members:
    secret = {} if wanted.secret is None else {"secret": wanted.secret}
    return {**wanted.members, "failure_mail": False, "url": ANY_URL, **secret}


def _own(spec: NewWebhookSpec) -> str | None:
    return spec.secret if isinstance(spec.secret, str) else None


def _check_room(session: Session, tenant: Tenant) -> None:
    present = Subscription.in_tenant(tenant) & Subscription.is_present() & Subscription.is_listener
    if (session.scalar(select(func.count()).where(present)) or 0) >= MOST:
        raise Conflict(
            f"There are {MOST} listeners already. Stop one, or delete it on the Webhooks page."
        )
