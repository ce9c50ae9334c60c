"""One delivery as the inspector shows it: what happened, the response, attempts, the request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.deliveries import detail
from webhooks_app.deliveries.advice import Advice, advice
from webhooks_app.deliveries.log import Logged
from webhooks_app.extensions import db
from webhooks_app.inbox.payloads import pretty
from webhooks_app.lib import json_text
from webhooks_app.mail.service import desk_of
from webhooks_app.models import Attempt, Delivery, Subscription
from webhooks_app.parts import parts
from webhooks_app.vocabulary import ChannelName
from webhooks_app.web.json_view import LARGEST, shown
from webhooks_app.web.waterfall import Bar, waterfalls


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt in full: what it sent and what came back."""

    row: Attempt

    @property
    def request_headers(self) -> Mapping[str, str]:
        return self.row.sent_headers

    @property
    def response_headers(self) -> json_text.HeaderList:
        return self.row.received_headers

    @property
    def response(self) -> Markup:
        return shown(self.row.response_body)

    @property
    def has_response(self) -> bool:
        return bool(self.row.status_code or self.row.response_body)

    @property
    def is_reused(self) -> bool:
        """Sent over a connection that an earlier attempt had opened."""
        return self.row.http_version is not None and self.row.connect_ms is None


@dataclass(frozen=True, slots=True)
class Inspected:
    """`attempts` come newest first, without what is heavy; of the `newest` there is all."""

    logged: Logged
    subscription: Subscription
    attempts: Sequence[Attempt]
    newest: Exchange | None
    sent: Sequence[Delivery]
    body: str

    @property
    def request(self) -> Markup:
        return shown(self.body.encode(errors="replace"))

    @property
    def bars(self) -> Mapping[int, Sequence[Bar]]:
        return waterfalls(self.attempts)

    @property
    def by_mail(self) -> bool:
        return self.subscription.channel == ChannelName.EMAIL

    @property
    def is_signed(self) -> bool:
        """Whether its signature can be checked: there is an attempt, and its format has one."""
        format_ = FORMATS.get(self.logged.delivery.wire_format)
        is_signed = format_ is not None and format_.signature_header is not None
        return self.newest is not None and not self.by_mail and is_signed

    @property
    def advice(self) -> Advice:
        last = self.attempts[0] if self.attempts else None
        delivery = self.logged.delivery
        failure, code = (last.failure, last.status_code) if last else (None, None)
        return advice(delivery.status, failure, code, self.by_mail)


def inspect(logged: Logged) -> Inspected:
    session, delivery = db.session(), logged.delivery
    subscription = detail.subscription_of(session, delivery)
    attempts = detail.timings_of(session, delivery)[::-1]
    newest = attempts[0].number if attempts else None
    return Inspected(
        logged=logged,
        subscription=subscription,
        attempts=attempts,
        newest=exchange(delivery, newest) if newest is not None else None,
        sent=detail.sent_of(session, delivery),
        body=body_of(logged, subscription),
    )


def exchange(delivery: Delivery, number: int) -> Exchange:
    """Raises `NotFound`."""
    return Exchange(detail.attempt_of(db.session(), delivery, number))


def last_request(logged: Logged) -> tuple[Mapping[str, str], str]:
    """The headers and the body of the last attempt; no headers before there is one."""
    subscription = detail.subscription_of(db.session(), logged.delivery)
    body = body_of(logged, subscription)
    if logged.latency_ms is None:
        return {}, body
    return exchange(logged.delivery, logged.delivery.tries).request_headers, body


def body_of(logged: Logged, subscription: Subscription) -> str:
    """What every attempt sends; of a mail, its text."""
    if subscription.channel != ChannelName.EMAIL:
        return detail.request_body(logged.delivery, logged.event)
    return detail.mail_text(db.session(), logged, subscription, desk_of(parts().settings))


def pretty_response(one: Exchange) -> str:
    """Laid out, so that two can be compared line by line."""
    return pretty(one.row.response_body, LARGEST)
