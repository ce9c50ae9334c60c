"""The wire formats: how each is signed, and where its envelope holds what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hookline.receive import event as parts
from hookline.receive.event import Event
from hookline.receive.signatures import (
    PUBLIC_KEY,
    BadSignature,
    base64_of,
    check_age,
    check_match,
    hex_of,
    is_signed_by,
    private,
    required,
    seconds,
    standard_of,
)

Headers = Mapping[str, str]
Secrets = Sequence[str]


class Scheme(Protocol):
    """`headers` by lower-case name. `sign` is for tests; it makes what the product sends."""

    @property
    def header(self) -> str: ...

    def check(
        self, secrets: Secrets, headers: Headers, body: bytes, now: float, tolerance: float
    ) -> None: ...

    def sign(self, secret: str, delivery_id: str, body: bytes, now: int) -> dict[str, str]: ...


@dataclass(frozen=True)
class StandardScheme:
    """Standard Webhooks; `family` is how its headers begin."""

    family: str = "webhook"

    @property
    def header(self) -> str:
        return f"{self.family}-signature"

    def check(
        self, secrets: Secrets, headers: Headers, body: bytes, now: float, tolerance: float
    ) -> None:
        offered = required(headers, self.header).split()
        id_, stamp = (required(headers, f"{self.family}-{name}") for name in ("id", "timestamp"))
        signed_at = seconds(stamp, f"{self.family}-timestamp")
        by_secret = [one for one in offered if one.startswith("v1,")]
        by_key = [one for one in offered if one.startswith("v1a,")]
        if not by_secret and not by_key:
            raise BadSignature("malformed", f"{self.header} does not look like v1,<base64>.")
        check_age(signed_at, now, tolerance)
        content = _standard_content(id_, signed_at, body)
        public = [one for one in secrets if one.startswith(PUBLIC_KEY)]
        if public and by_key and is_signed_by(public, content, by_key):
            return
        check_match([standard_of(one, content) for one in private(secrets)], by_secret)

    def sign(self, secret: str, delivery_id: str, body: bytes, now: int) -> dict[str, str]:
        return {
            f"{self.family}-id": delivery_id,
            f"{self.family}-timestamp": str(now),
            self.header: standard_of(secret, _standard_content(delivery_id, now, body)),
        }


@dataclass(frozen=True)
class TimedScheme:
    """A signed time and signatures in one header, as Stripe's `t=…,v1=…`."""

    header: str
    signature: str
    time: re.Pattern[str]
    offered: re.Pattern[str]
    encoded_in_hex: bool
    shown: str

    def check(
        self, secrets: Secrets, headers: Headers, body: bytes, now: float, tolerance: float
    ) -> None:
        text = required(headers, self.header)
        times, offered = self.time.findall(text), self.offered.findall(text)
        if len(times) != 1 or not offered:
            raise BadSignature("malformed", f"{self.header} does not look like {self.shown}.")
        signed_at = seconds(times[0], self.header)
        check_age(signed_at, now, tolerance)
        check_match([self._signed(one, signed_at, body) for one in private(secrets)], offered)

    def sign(self, secret: str, delivery_id: str, body: bytes, now: int) -> dict[str, str]:
        text = self.signature.format(now, self._signed(secret, now, body))
        name = "pivotal-delivery-id" if self.header.startswith("pivotal") else "x-webhook-id"
        return {self.header: text, name: delivery_id}

    def _signed(self, secret: str, at: int, body: bytes) -> str:
        content = b"%d.%b" % (at, body)
        return hex_of(secret, content) if self.encoded_in_hex else base64_of(secret, content)


@dataclass(frozen=True)
class BodyScheme:
    """Only the body is signed, so the signature of an old request is still right."""

    header: str
    prefix: str = "sha256="
    encoded_in_hex: bool = True
    id_header: str = "x-webhook-id"

    def check(
        self,
        secrets: Secrets,
        headers: Headers,
        body: bytes,
        now: float,  # noqa: ARG002
        tolerance: float,  # noqa: ARG002
    ) -> None:
        offered = required(headers, self.header)
        if not offered.startswith(self.prefix):
            raise BadSignature("malformed", f"{self.header} does not begin with {self.prefix}.")
        check_match([self._signed(one, body) for one in private(secrets)], [offered])

    def sign(
        self,
        secret: str,
        delivery_id: str,
        body: bytes,
        now: int,  # noqa: ARG002
    ) -> dict[str, str]:
        return {self.header: self._signed(secret, body), self.id_header: delivery_id}

    def _signed(self, secret: str, body: bytes) -> str:
        return self.prefix + (hex_of if self.encoded_in_hex else base64_of)(secret, body)


def _standard_content(id_: str, at: int, body: bytes) -> bytes:
    return b"%b.%d.%b" % (id_.encode(), at, body)


@dataclass(frozen=True)
class Format:
    """`type`, `time`, `id` and `subject` are names of members of the envelope. With `wrapped` the
    data are the `object` inside `data`."""

    name: str
    scheme: Scheme
    id_header: str
    type: str = "type"
    time: str = "timestamp"
    id: str = "id"
    subject: str = "subject"
    wrapped: bool = False

    def read(self, headers: Headers, body: bytes, payload: Mapping[str, Any]) -> Event:
        data = payload.get("data", {})
        about = payload.get(self.subject)
        is_chatbot = self.subject.startswith("chatbot")
        return Event(
            delivery_id=required(headers, self.id_header),
            type=str(payload.get(self.type, "")),
            data=data.get("object", {}) if self.wrapped else data,
            wire_format=self.name,
            event_id=payload.get(self.id),
            occurred_at=parts.moment(payload.get(self.time)),
            subject=parts.chatbot(about) if is_chatbot else parts.subject(about),
            payload=payload,
            body=body,
        )


@dataclass(frozen=True)
class ShopifyFormat(Format):
    """The body is the data alone; the rest is in headers."""

    def read(self, headers: Headers, body: bytes, payload: Mapping[str, Any]) -> Event:
        return Event(
            delivery_id=required(headers, self.id_header),
            type=required(headers, "x-shopify-topic").replace("/", "."),
            data=payload,
            wire_format=self.name,
            event_id=headers.get("x-shopify-event-id"),
            occurred_at=parts.moment(headers.get("x-shopify-triggered-at")),
            payload=payload,
            body=body,
        )


STRIPE = TimedScheme(
    "stripe-signature",
    "t={},v1={}",
    re.compile(r"(?:^|,)\s*t=([^,]*)"),
    re.compile(r"(?:^|,)\s*v1=([^,]*)"),
    True,
    "t=<seconds>,v1=<hex>",
)
PIVOTAL = TimedScheme(
    "pivotal-signature",
    "v1,t={},sig={}",
    re.compile(r"^v1,t=([^,]*),sig="),
    re.compile(r",sig=([^,]*)$"),
    False,
    "v1,t=<seconds>,sig=<base64>",
)
UNSIGNED = ("slack", "discord", "teams")
_ID = "x-webhook-id"
FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("standard", StandardScheme(), "webhook-id"),
        Format("svix", StandardScheme("svix"), "svix-id"),
        Format("cloudevents", StandardScheme(), "webhook-id", time="time"),
        Format(
            "pivra", BodyScheme("x-pivra-signature-256"), _ID, type="event", subject="chatbot_id"
        ),
        Format("pivotal", PIVOTAL, "pivotal-delivery-id", time="created_at"),
        Format(
            "pollybot", BodyScheme("x-webhook-signature"), _ID, type="event", subject="chatbotId"
        ),
        Format("pivot", BodyScheme("x-pivot-signature", ""), _ID, type="event"),
        Format("inqyra", BodyScheme("x-inqyra-signature"), _ID, type="event"),
        Format(
            "github",
            BodyScheme("x-hub-signature-256", id_header="x-github-delivery"),
            "x-github-delivery",
            type="event",
        ),
        Format("stripe", STRIPE, _ID, time="created", wrapped=True),
        ShopifyFormat(
            "shopify",
            BodyScheme("x-shopify-hmac-sha256", "", False, "x-shopify-webhook-id"),
            "x-shopify-webhook-id",
        ),
    )
}
