"""A webhook in the words of the Pollybot document: read, and shown."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from webhooks_app.api.shapes import Shape
from webhooks_app.channels.retry_policy import LONGEST_BASE, MOST_RETRIES, SHORTEST_BASE
from webhooks_app.channels.webhook.formats.pollybot import Pollybot, name_of, names_by_own
from webhooks_app.lib.pointers import Fault, Invalid, pointer
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import Subscription
from webhooks_app.subscriptions.chatbot_webhooks import policy_for, retries_of

BOUNDS = {
    "max_retries": ("maxRetries", 0, MOST_RETRIES),
    "retry_delay_ms": ("retryDelay", SHORTEST_BASE, LONGEST_BASE),
}

# Which of Pollybot's members are about ours, where a service finds fault with those.
POLLYBOT_MEMBERS = {
    "event_types": "eventTypes",
    "enabled": "isActive",
}
SECURITY = {
    "note": "Store the secret securely. It will not be shown again.",
    "headerName": Pollybot.sent_as,
    "format": "sha256=<hmac_signature>",
}


class ChatbotWebhookPatch(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """Members that are absent stay as they are. Those that only we set may be sent back: they
    change nothing."""

    name: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    event_types: list[str] | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    max_retries: int | UnsetType = UNSET
    retry_delay: int | UnsetType = UNSET
    id: Any = UNSET
    success_count: Any = UNSET
    failure_count: Any = UNSET
    last_triggered_at: Any = UNSET
    last_success_at: Any = UNSET
    created_at: Any = UNSET
    updated_at: Any = UNSET

    def members(self, known: Iterable[str], row: Subscription | None = None) -> dict[str, Any]:
        """As `subscriptions.fields` knows them; `known` are the names of event types. Raises
        `Invalid` for retries out of bounds, but for those that `row` has already."""
        given = {
            "name": self.name,
            "url": self.url,
            "event_types": _own_names(self.event_types, known),
            "enabled": self.is_active,
            "retry_policy": self._policy(row),
        }
        return {name: value for name, value in given.items() if value is not UNSET}

    def _policy(self, row: Subscription | None) -> Any:
        most = None if self.max_retries is UNSET else self.max_retries
        delay = None if self.retry_delay is UNSET else self.retry_delay
        stored = row.retry_policy if row else None
        policy = policy_for(most, delay, stored)
        if policy is not stored:
            _check_bounds(policy)
        return policy


class ChatbotWebhookBody(ChatbotWebhookPatch, kw_only=True, rename="camel"):
    name: str
    url: str
    event_types: list[str]


def listed(row: Subscription) -> Shape:
    """As in a list. The two moments are null until there is one."""
    health = row.health
    last = {"lastTriggeredAt": health.last_attempt_at, "lastSuccessAt": health.last_success_at}
    shape = made(row)
    moments = {name: shape.pop(name) for name in ("createdAt", "updatedAt")}
    return {
        **shape,
        **{name: rfc3339(at) if at else None for name, at in last.items()},
        **moments,
    }


def made(row: Subscription, **secret: str) -> Shape:
    """As the answer to its creation shows it."""
    retries = retries_of(row.retry_policy)
    return {
        "id": row.id,
        "name": row.name,
        "url": row.url,
        **secret,
        "eventTypes": [name_of(name) for name in row.event_types],
        "isActive": row.enabled,
        "maxRetries": retries.most,
        "retryDelay": retries.delay_ms,
        "successCount": row.health.delivered,
        "failureCount": row.health.failed,
        "createdAt": rfc3339(row.created_at),
        "updatedAt": rfc3339(row.updated_at),
    }


def in_pollybots_words(error: Invalid) -> Invalid:
    """The same faults, at the members that a client of Pollybot knows."""
    return Invalid(*(_renamed(fault) for fault in error.faults))


def _renamed(fault: Fault) -> Fault:
    member, slash, rest = fault.at.removeprefix("#/").partition("/")
    name = pointer(POLLYBOT_MEMBERS.get(member, member))
    return Fault(f"{name}{slash}{rest}", fault.detail, fault.kind, fault.status)


def _check_bounds(policy: dict[str, int]) -> None:
    faults = [
        Fault(pointer(name), f"This is a whole number from {least} to {most}.")
        for member, (name, least, most) in BOUNDS.items()
        if not least <= policy[member] <= most
    ]
    if faults:
        raise Invalid(*faults)


def _own_names(names: list[str] | UnsetType, known: Iterable[str]) -> list[str] | UnsetType:
    """Ours for Pollybot's; what is none of them stays, for the service to refuse or to know."""
    if names is UNSET:
        return UNSET
    own = names_by_own(known)
    return [own.get(name, name) for name in names]
