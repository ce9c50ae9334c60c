"""The webhook channel: an endpoint signs each request as it leaves."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Protocol, TypedDict

import structlog

from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.contract import Claimed, SubscriptionRow, Tried
from webhooks_app.channels.outcome import unsent
from webhooks_app.channels.retry_policy import RetryPolicy, parse_policy
from webhooks_app.channels.webhook.formats import EventView, wire_format
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.channels.webhook.transport import Transport
from webhooks_app.lib import traceparent
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.lib.times import utcnow
from webhooks_app.lib.urls import origin

# A compressed answer would not be readable in the log.
PLAIN = {"Accept-Encoding": "identity"}
# Only when another delivery caused the event, so that published formats stay as they are.
HOPS = "Webhook-Hops"

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class SignedRequests:
    """A webhook's requests, whoever sends them.

    `former_urls` are pairs of a delivery id and the URL for deliveries with lower ids, oldest
    first. `own_headers` are the customer's; the log masks those named in `masked`.
    """

    user_agent: str
    url: str
    secret: str
    policy: RetryPolicy
    former_urls: Sequence[tuple[str, str]] = ()
    previous_secret: str | None = None
    previous_expires_at: datetime | None = None
    own_headers: Mapping[str, str] = field(default_factory=dict)
    masked: frozenset[str] = frozenset()
    timeout: float | None = None

    def message(self, claimed: Claimed, url: str, timestamp: int | None = None) -> WebhookMessage:
        """The request for `claimed`, signed at `timestamp` (in Unix seconds), or now."""
        format_ = wire_format(claimed.wire_format)
        event = view_of(claimed)
        body = format_.envelope(event)
        timestamp = int(time.time()) if timestamp is None else timestamp
        signed = format_.headers(
            self.secrets(timestamp), claimed.delivery_id, timestamp, body, event
        )
        headers = {"User-Agent": self.user_agent, **PLAIN, **self._own_headers(url), **signed}
        if claimed.hops:
            headers[HOPS] = str(claimed.hops)
        trace = traceparent.sent(claimed.traceparent)
        if trace and traceparent.HEADER not in self.masked:
            headers[traceparent.HEADER] = trace
        return WebhookMessage(url, headers, body, self.timeout)

    def _own_headers(self, url: str) -> Mapping[str, str]:
        """The custom headers, if `url` is the current one.

        They belong to its host, so no former URL gets them.
        """
        same = url == self.url or origin(url) == origin(self.url)
        return self.own_headers if same else {}

    def url_for(self, delivery_id: str) -> str:
        """The URL that was configured when the delivery was created."""
        for below, url in self.former_urls:
            if delivery_id < below:
                return url
        return self.url

    def secrets(self, timestamp: int) -> tuple[str, ...]:
        """The secrets, newest first; during a rotation, with the previous one."""
        expires = self.previous_expires_at
        if self.previous_secret and expires and timestamp < expires.timestamp():
            return (self.secret, self.previous_secret)
        return (self.secret,)


@dataclass(slots=True, kw_only=True)
class WebhookEndpoint(SignedRequests):
    """A webhook's endpoint, to which we send."""

    transport: Transport
    window: ConcurrencyWindow = field(default_factory=ConcurrencyWindow)

    async def attempt(self, claimed: Claimed) -> Tried:
        url = self.url_for(claimed.delivery_id)
        try:
            message = self.message(claimed, url)
            outcome = await self.transport.send(message)
        except Exception as error:
            log.exception("cannot make a request", delivery=claimed.delivery_id)
            return Tried(url, unsent(f"Not sent: {type(error).__name__}", utcnow()))
        return Tried(url, outcome, message.headers, self.masked)


class WebhookMembers(Protocol):
    """What a webhook's spec says about sending. `headers` are decrypted."""

    @property
    def url(self) -> str: ...
    @property
    def retry_policy(self) -> object: ...
    @property
    def timeout(self) -> float | None: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class WebhookChannel:
    """`vault` decrypts secrets; `user_agent` is the header of that name."""

    def __init__(self, transport: Transport, vault: Vault, user_agent: str) -> None:
        self._transport = transport
        self._vault = vault
        self._user_agent = user_agent

    async def __aenter__(self) -> "WebhookChannel":
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    def open(self, subscription: SubscriptionRow, spec: WebhookMembers) -> WebhookEndpoint:
        made = members_of(subscription, spec, self._vault, self._user_agent)
        return WebhookEndpoint(transport=self._transport, **made)


class RequestMembers(TypedDict):
    """What `SignedRequests` are made of."""

    user_agent: str
    url: str
    secret: str
    policy: RetryPolicy
    former_urls: Sequence[tuple[str, str]]
    previous_secret: str | None
    previous_expires_at: datetime | None
    own_headers: Mapping[str, str]
    masked: frozenset[str]
    timeout: float | None


def members_of(
    subscription: SubscriptionRow, spec: WebhookMembers, vault: Vault, user_agent: str
) -> RequestMembers:
    """Raises `Unreadable` or ValueError for a subscription that cannot be used."""
    return RequestMembers(
        user_agent=user_agent,
        url=spec.url,
        secret=vault.open(subscription.sealed_secret),
        policy=parse_policy(spec.retry_policy),
        former_urls=[(below, url) for below, url in subscription.former_urls or ()],
        previous_secret=_previous_secret(subscription, vault),
        previous_expires_at=subscription.previous_secret_expires_at,
        own_headers=spec.headers,
        masked=frozenset(map(str.lower, spec.headers)),
        timeout=spec.timeout,
    )


def _previous_secret(subscription: SubscriptionRow, vault: Vault) -> str | None:
    """The old secret, decrypted. An unreadable one is left out, since the current one signs too."""
    sealed = subscription.sealed_previous_secret
    with suppress(Unreadable):
        return vault.open(sealed) if sealed else None
    return None


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
