"""The first steps from nothing to a signed delivery, and which of them are done."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app.catalogue.system import PING
from webhooks_app.inbox import inboxes, secrets
from webhooks_app.inbox.requests import RequestView, requests_of
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Delivery, Event, Inbox, Subscription, SubscriptionHealth
from webhooks_app.subscriptions import service
from webhooks_app.subscriptions.test_delivery import send_test
from webhooks_app.vocabulary import ChannelName, DeliveryStatus, SubscriptionKind

LOOKED_AT = 50
EVENT_TYPE = "lead.captured"
NAMES = {
    SubscriptionKind.ACTION: "New lead to the test receiver",
    SubscriptionKind.WEBHOOK: "My first webhook",
}
INBOX_NAMES = {
    SubscriptionKind.ACTION: "My first action’s receiver",
    SubscriptionKind.WEBHOOK: "My first webhook’s receiver",
}


@dataclass(frozen=True, slots=True)
class FirstRun:
    """How far someone is with an action or a webhook.

    `inbox` stands in for a server. `subscription` sends there, or, without an inbox, to a server of
    the organisation's own. `sent` is its newest delivery that is not a ping, `verified` the request
    that arrived with its signature. `reported`: a real event was delivered.
    """

    kind: SubscriptionKind
    inbox: Inbox | None = None
    subscription: Subscription | None = None
    sent: Delivery | None = None
    verified: RequestView | None = None
    reported: bool = False

    @property
    def done(self) -> Sequence[bool]:
        """Whether each step is done, in order. Your own server checks the signature itself."""
        has_target = self.inbox is not None or self.subscription is not None
        arrived = self.inbox is None and self._ended(DeliveryStatus.DELIVERED)
        is_verified = self.verified is not None or self.reported or arrived
        return (has_target, self.subscription is not None, self.sent is not None, is_verified)

    @property
    def waits(self) -> bool:
        """Whether something is on its way."""
        return self.sent is not None and not self.done[3] and not self.failed

    @property
    def failed(self) -> bool:
        return self._ended(DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)

    def _ended(self, *states: DeliveryStatus) -> bool:
        return self.sent is not None and self.sent.status in states


def progress(session: Session, tenant: Tenant, kind: SubscriptionKind, vault: Vault) -> FirstRun:
    rows = _newest(session, tenant, kind)
    opened = [line.inbox for line in inboxes.list_inboxes(session, tenant.organisation_id)]
    pairs = [(row, one) for row in rows for one in opened if row.url.endswith(f"/{one.token}")]
    row, inbox = next(iter(pairs), (rows[0] if rows else None, None))
    if row is None:
        taken = {one.id for one in opened if one.subscription_id or one.sealed_secret}
        return FirstRun(kind, next((one for one in opened[::-1] if one.id not in taken), None))
    sent = _sent(session, tenant, row)
    arrived = requests_of(session, inbox, vault) if inbox is not None and sent is not None else []
    verified = [one for one in arrived if one.verdict.verified and one.event != PING]
    reported = row.health.delivered > 0
    return FirstRun(kind, inbox, row, sent, verified[0] if verified else None, reported)


def has_delivered(session: Session, tenant: Tenant) -> bool:
    """Whether a real event was delivered to anyone: then nobody needs first steps."""
    query = (
        select(Subscription.id)
        .join(SubscriptionHealth)
        .where(
            Subscription.in_tenant(tenant),
            Subscription.is_present(),
            SubscriptionHealth.delivered > 0,
        )
    )
    return session.scalar(query.limit(1)) is not None


def open_receiver(session: Session, tenant: Tenant, kind: SubscriptionKind, vault: Vault) -> Inbox:
    """Raises `Invalid` for one inbox too many."""
    return inboxes.open_inbox(session, tenant.organisation_id, INBOX_NAMES[kind], "", vault)


def subscribe(
    session: Session, tenant: Tenant, first: FirstRun, url: str, vault: Vault, guard: Guard
) -> None:
    """Send leads to its inbox, at `url`, which then checks the signatures; committed.

    Raises `Invalid` and `PlanLimit`.
    """
    if first.inbox is None or first.subscription is not None:
        return
    members = {"name": NAMES[first.kind], "url": url, "event_types": [EVENT_TYPE]}
    row, _ = service.create_subscription(
        session, tenant, first.kind, members, vault, guard, ChannelName.WEBHOOK
    )
    secrets.check_like(session, first.inbox, row.id)


def send_sample(session: Session, tenant: Tenant, first: FirstRun) -> None:
    """The sample of its first event, to it alone; committed. Raises `Conflict` when it is off."""
    if first.subscription is not None:
        send_test(session, tenant, first.subscription)


def _newest(session: Session, tenant: Tenant, kind: SubscriptionKind) -> Sequence[Subscription]:
    query = Subscription.of(tenant).where(
        Subscription.is_present(),
        Subscription.kind == kind.value,
        Subscription.channel == ChannelName.WEBHOOK.value,
    )
    return session.scalars(query.order_by(Subscription.id.desc()).limit(LOOKED_AT)).all()


def _sent(session: Session, tenant: Tenant, row: Subscription) -> Delivery | None:
    query = (
        select(Delivery)
        .join(Event, Event.id == Delivery.event_id)
        .where(Delivery.in_tenant(tenant), Delivery.subscription_id == row.id, Event.type != PING)
        .order_by(Delivery.id.desc())
        .limit(1)
    )
    return session.scalar(query)
