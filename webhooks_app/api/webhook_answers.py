"""A webhook as the API shows it: the members of its spec, and its state."""

from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import fields

from webhooks_app.api.shapes import Moment, optional_moment
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import Subscription, SubscriptionHealth
from webhooks_app.subscriptions import custom_headers, stored
from webhooks_app.subscriptions.spec import WebhookSpec, member_names


class Counters(msgspec.Struct, frozen=True):
    """How its deliveries ended."""

    delivered: int
    failed: int
    failed_attempts: int
    last_attempt_at: Moment | None
    last_success_at: Moment | None
    failing_since: Moment | None


MEMBERS = member_names(WebhookSpec)


def _shown_type(kind: Any) -> Any:
    """Without its bounds: they are for requests, and an unreadable webhook may break them."""
    if get_origin(kind) is not Annotated:
        return kind
    plain, meta = get_args(kind)
    said = Meta(title=meta.title, description=meta.description, examples=meta.examples)
    return Annotated[plain, said]


_TYPES = {field.name: _shown_type(field.type) for field in fields(WebhookSpec)}
WebhookAnswer = msgspec.defstruct(
    "WebhookAnswer",
    [
        ("id", str),
        *((name, _TYPES[name]) for name in MEMBERS),
        ("disabled_reason", Annotated[str | None, Meta(description="Why it was switched off.")]),
        ("counters", Counters),
        ("previous_secret_expires_at", Moment | None),
        ("created_at", Moment),
        ("updated_at", Moment),
        (
            "secret",
            Annotated[
                str | UnsetType, Meta(description="Only when it was made or changed just now.")
            ],
            UNSET,
        ),
    ],
    namespace={"__doc__": "A webhook and its state."},
    frozen=True,
)


def webhook(row: Subscription, vault: Vault, secret: str | UnsetType = UNSET) -> msgspec.Struct:
    """With `secret`, if that was made just now.

    For a broken one: the readable members, and why the rest cannot be read.
    """
    spec, broken = stored.as_far_as_readable(row, custom_headers.masked(row, vault))
    return WebhookAnswer(
        row.id,
        *(getattr(spec, name) for name in MEMBERS),
        stored.sentence(broken) if broken else row.disabled_reason,
        _counters(row.health),
        optional_moment(row.previous_secret_expires_at),
        rfc3339(row.created_at),
        rfc3339(row.updated_at),
        secret,
    )


def _counters(health: SubscriptionHealth) -> Counters:
    return Counters(
        delivered=health.delivered,
        failed=health.failed,
        failed_attempts=health.failed_attempts,
        last_attempt_at=optional_moment(health.last_attempt_at),
        last_success_at=optional_moment(health.last_success_at),
        failing_since=optional_moment(health.failing_since),
    )
