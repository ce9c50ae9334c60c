"""Translate webhooks to and from the terms of the Pollybot document."""

from collections.abc import Collection
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from webhooks_app.api.shapes import Moment, optional_moment
from webhooks_app.channels.retry_policy import LONGEST_BASE, MOST_RETRIES, SHORTEST_BASE
from webhooks_app.channels.webhook.formats.pollybot import Pollybot, name_of, names_by_own
from webhooks_app.lib.pointers import Fault, Invalid, pointer
from webhooks_app.lib.times import rfc3339
from webhooks_app.matching.type_patterns import patterns_of
from webhooks_app.models import Subscription
from webhooks_app.subscriptions import stored
from webhooks_app.subscriptions.chatbot_webhooks import retries_for, retries_of
from webhooks_app.subscriptions.reading import Members

BOUNDS = {
    "max_retries": ("maxRetries", 0, MOST_RETRIES),
    "retry_delay_ms": ("retryDelay", SHORTEST_BASE, LONGEST_BASE),
}

# Our member names and Pollybot's, so that our fault is shown at the right one of their members.
POLLYBOT_MEMBERS = {
    "event_types": "eventTypes",
    "enabled": "isActive",
}


Ignored = Annotated[object, Meta(extra_json_schema={"description": "Ignored."})]


class ChatbotWebhookPatch(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """Changes to a webhook. Absent members stay as they are.

    Members that only Hookline sets can be sent back; they change nothing.
    """

    name: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    event_types: list[str] | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    max_retries: int | UnsetType = UNSET
    retry_delay: int | UnsetType = UNSET
    id: Ignored = UNSET
    success_count: Ignored = UNSET
    failure_count: Ignored = UNSET
    last_triggered_at: Ignored = UNSET
    last_success_at: Ignored = UNSET
    created_at: Ignored = UNSET
    updated_at: Ignored = UNSET

    def members(self, known: Collection[str], row: Subscription | None = None) -> Members:
        """The members by the names of a webhook's spec; `known` are the names of event types.

        Raises `Invalid` for retries out of bounds, unless `row` has them already.
        """
        given = {
            "name": self.name,
            "url": self.url,
            "event_types": _own_names(self.event_types, known),
            "enabled": self.is_active,
            "retry_policy": self._policy(row),
        }
        return {name: value for name, value in given.items() if value is not UNSET}

    def _policy(self, row: Subscription | None) -> dict[str, int] | UnsetType:
        most = None if self.max_retries is UNSET else self.max_retries
        delay = None if self.retry_delay is UNSET else self.retry_delay
        if row is not None and most is None and delay is None:
            return UNSET
        kept = stored.as_far_as_readable(row)[0].retry_policy if row else None
        retries = retries_for(most, delay, kept)
        return UNSET if retries is None else _within_bounds(retries.as_policy())


class ChatbotWebhookBody(ChatbotWebhookPatch, kw_only=True, rename="camel"):
    """A webhook of a chatbot, in Pollybot's words."""

    name: str
    url: str
    event_types: list[str]


class ChatbotWebhookAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A webhook in Pollybot's terms. It has `secret` only in the answer that creates it."""

    id: str
    name: str
    url: str
    secret: str | UnsetType = UNSET
    event_types: list[str]
    is_active: bool
    max_retries: int
    retry_delay: int
    success_count: int
    failure_count: int
    last_triggered_at: Moment | UnsetType | None = UNSET
    last_success_at: Moment | UnsetType | None = UNSET
    created_at: Moment
    updated_at: Moment


class SecurityAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """How requests are signed."""

    note: str
    header_name: str
    format: str


SECURITY = SecurityAnswer(
    note="Store the secret securely. It will not be shown again.",
    header_name=Pollybot.sent_as,
    format="sha256=<hmac_signature>",
)


class ChatbotWebhooks(msgspec.Struct, frozen=True):
    """The webhooks of a chatbot."""

    webhooks: list[ChatbotWebhookAnswer]
    total: int


class OneChatbotWebhook(msgspec.Struct, frozen=True):
    """A webhook of a chatbot."""

    webhook: ChatbotWebhookAnswer


class CreatedChatbotWebhook(msgspec.Struct, frozen=True):
    """A webhook that was just created, with its secret."""

    message: str
    webhook: ChatbotWebhookAnswer
    security: SecurityAnswer


class ChangedChatbotWebhook(msgspec.Struct, frozen=True):
    """A webhook that was just changed."""

    message: str
    webhook: ChatbotWebhookAnswer


class DeletedChatbotWebhook(msgspec.Struct, frozen=True):
    """A webhook that was just deleted."""

    message: str


def listed(row: Subscription) -> ChatbotWebhookAnswer:
    """As in a list. Both times are null until there is one."""
    health = row.health
    return msgspec.structs.replace(
        made(row),
        last_triggered_at=optional_moment(health.last_attempt_at),
        last_success_at=optional_moment(health.last_success_at),
    )


def made(row: Subscription, secret: str | UnsetType = UNSET) -> ChatbotWebhookAnswer:
    """As the answer to its creation."""
    spec, _ = stored.as_far_as_readable(row)
    retries = retries_of(spec.retry_policy)
    return ChatbotWebhookAnswer(
        id=row.id,
        name=spec.name,
        url=row.url,
        secret=secret,
        event_types=[name_of(name) for name in spec.event_types],
        is_active=row.enabled,
        max_retries=retries.most,
        retry_delay=retries.delay_ms,
        success_count=row.health.delivered,
        failure_count=row.health.failed,
        created_at=rfc3339(row.created_at),
        updated_at=rfc3339(row.updated_at),
    )


def in_pollybots_words(error: Invalid) -> Invalid:
    """The same faults, at the members that Pollybot's clients know."""
    return Invalid(*(_renamed(fault) for fault in error.faults))


def _renamed(fault: Fault) -> Fault:
    member, slash, rest = fault.at.removeprefix("#/").partition("/")
    name = pointer(POLLYBOT_MEMBERS.get(member, member))
    return Fault(f"{name}{slash}{rest}", fault.detail, fault.kind, fault.status)


def _within_bounds(policy: dict[str, int]) -> dict[str, int]:
    faults = [
        Fault(pointer(name), f"Enter a whole number from {least} to {most}.")
        for member, (name, least, most) in BOUNDS.items()
        if not least <= policy[member] <= most
    ]
    if faults:
        raise Invalid(*faults)
    return policy


def _own_names(names: list[str] | UnsetType, known: Collection[str]) -> list[str] | UnsetType:
    """Our name for Pollybot's. Any other name stays as it is; the service accepts or refuses it."""
    if names is UNSET:
        return UNSET
    own = names_by_own([*known, *patterns_of(known)])
    return [own.get(name, name) for name in names]
