"""What an engine keeps of each subscription it serves, and how one request is made from it."""

import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.email.message import mailto
from webhooks_app.channels.webhook.formats import EventView, wire_format
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.database import begin_reading
from webhooks_app.engine.concurrency_window import ConcurrencyWindow
from webhooks_app.engine.retry import POLICIES, RetryPolicy, parse_policy
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.models import Subscription
from webhooks_app.vocabulary import Channel

KEPT = 20_000
AT_ONCE = 16
MOST_MAILS = 16  # of one action at once: the mail server is shared by all
DEFAULT_POLICY = POLICIES["pivot"]

# An answer that is compressed could not be read in the log.
PLAIN = {"Accept-Encoding": "identity"}


@dataclass(slots=True)
class Endpoint:
    """A subscription as of `revision`, opened for use. The window outlives its revisions."""

    subscription_id: str
    revision: int
    url: str
    policy: RetryPolicy
    previous_expires_at: datetime | None
    secret: str = ""
    previous_secret: str | None = None
    former_urls: Sequence[tuple[str, str]] = ()
    timeout: float | None = None
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    masked: frozenset[str] = frozenset()
    window: ConcurrencyWindow = field(default_factory=ConcurrencyWindow)
    has_more: bool = False
    broken: str | None = None
    name: str = ""
    is_email: bool = False
    email_to: tuple[str, ...] = ()
    email_subject: str | None = None

    def message(self, claimed: Claimed, user_agent: str) -> WebhookMessage:
        """The request for `claimed`, signed now."""
        format_ = wire_format(claimed.wire_format)
        body = format_.envelope(view_of(claimed))
        timestamp = int(time.time())
        headers = {"User-Agent": user_agent, **PLAIN, **self.custom_headers}
        headers.update(
            format_.headers(
                self.secrets(timestamp), claimed.delivery_id, timestamp, body, claimed.event_type
            )
        )
        url = self.url_for(claimed.delivery_id)
        return WebhookMessage(
            claimed.delivery_id, claimed.number, url, headers, self.masked, body, self.timeout
        )

    def url_for(self, delivery_id: str) -> str:
        """That of when the delivery was made."""
        for below, url in self.former_urls:
            if delivery_id < below:
                return url
        return self.url

    def nothing(self, claimed: Claimed) -> WebhookMessage:
        """What the log says of a request that could not be made."""
        url = self.url_for(claimed.delivery_id)
        return WebhookMessage(claimed.delivery_id, claimed.number, url, {}, frozenset(), b"")

    def secrets(self, timestamp: int) -> tuple[str, ...]:
        """Newest first; the one before it too, while a rotation overlaps."""
        expires = self.previous_expires_at
        if self.previous_secret and expires and timestamp < expires.timestamp():
            return (self.secret, self.previous_secret)
        return (self.secret,)


def view_of(claimed: Claimed) -> EventView:
    return EventView(
        id=claimed.event_id,
        type=claimed.event_type,
        occurred_at=claimed.occurred_at,
        organisation_id=claimed.organisation_id,
        subject_type=claimed.subject_type,
        subject_id=claimed.subject_id,
        data=claimed.data.encode(),
    )


class Endpoints:
    """The endpoints that this process has met. Refreshed when a claim shows a newer revision."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault
        self._kept: dict[str, Endpoint] = {}
        self._limited: set[str] = set()

    def __getitem__(self, subscription_id: str) -> Endpoint:
        return self._kept[subscription_id]

    def limited(self) -> list[str]:
        """Ids of those that have a rate limit, and of which more could be in flight."""
        return [key for key in self._limited if self._kept[key].window.free]

    def free_slots(self) -> dict[str, int]:
        """Slots left in the window of each endpoint that is not idle at its first size.

        Of many, some at once, so that a claim brings work for many endpoints.
        """
        return {
            key: min(endpoint.window.free, AT_ONCE)
            for key, endpoint in self._kept.items()
            if endpoint.window.free != ConcurrencyWindow.INITIAL
        }

    def refresh(self, claims: Collection[Claimed]) -> None:
        """Load what these claims need and is not kept at their revision. Blocking."""
        needed = {claim.subscription_id for claim in claims}
        if len(self._kept) > KEPT:
            self._kept = {
                key: endpoint
                for key, endpoint in self._kept.items()
                if key in needed or endpoint.window.in_flight
            }
            self._limited &= self._kept.keys()
        stale = {
            claim.subscription_id
            for claim in claims
            if (kept := self._kept.get(claim.subscription_id)) is None
            or kept.revision != claim.revision
        }
        if not stale:
            return
        with Session(self._engine) as session:
            begin_reading(session)
            for subscription in session.scalars(
                select(Subscription).where(Subscription.id.in_(stale))
            ):
                self._keep(subscription)

    def _keep(self, subscription: Subscription) -> None:
        before = self._kept.get(subscription.id)
        opened = open_endpoint(subscription, self._vault)
        if before is not None:
            opened.window = before.window
        self._kept[subscription.id] = opened
        if subscription.rate_limit is None:
            self._limited.discard(subscription.id)
        else:
            self._limited.add(subscription.id)


def _for_email(endpoint: Endpoint, subscription: Subscription) -> Endpoint:
    """It needs nothing that is encrypted, so a lost key keeps back no mail."""
    endpoint.is_email = True
    endpoint.email_to = tuple(subscription.email_to)
    endpoint.email_subject = subscription.email_subject
    endpoint.url = mailto(endpoint.email_to)
    endpoint.policy = parse_policy(subscription.retry_policy)
    endpoint.window = ConcurrencyWindow(MOST_MAILS)
    return endpoint


def open_endpoint(subscription: Subscription, vault: Vault) -> Endpoint:
    """Decrypts what is needed to send; `broken` says why it cannot be used as it is stored."""
    endpoint = Endpoint(
        subscription_id=subscription.id,
        revision=subscription.revision,
        url=subscription.url,
        policy=DEFAULT_POLICY,
        previous_expires_at=subscription.previous_secret_expires_at,
        timeout=subscription.timeout,
        name=subscription.name,
        former_urls=[(below, url) for below, url in subscription.former_urls or ()],
    )
    if subscription.channel == Channel.EMAIL:
        return _for_email(endpoint, subscription)
    try:
        endpoint.policy = parse_policy(subscription.retry_policy)
        endpoint.custom_headers = orjson.loads(vault.open(subscription.sealed_headers))
        endpoint.secret = vault.open(subscription.sealed_secret)
    except Unreadable as error:
        endpoint.broken = f"Not sent: {error}. The operator must restore the key."
    except ValueError as error:
        endpoint.broken = f"Not sent: the subscription cannot be read: {error}"
    endpoint.masked = frozenset(name.lower() for name in endpoint.custom_headers)
    with suppress(Unreadable):
        previous = subscription.sealed_previous_secret
        endpoint.previous_secret = vault.open(previous) if previous else None
    return endpoint
