"""Webhooks and actions as the API shows them: the members of a spec, and their state."""

from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import fields

from webhooks_app.api.shapes import Moment, optional_moment
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import Subscription, SubscriptionHealth
from webhooks_app.subscriptions import custom_headers, stored
from webhooks_app.subscriptions.spec import EmailSpec, Spec, WebhookSpec, member_names


class Counters(msgspec.Struct, frozen=True):
    """How the deliveries ended."""

    delivered: int
    failed: int
    failed_attempts: int
    last_attempt_at: Moment | None
    last_success_at: Moment | None
    failing_since: Moment | None


def _shown_type(kind: object) -> object:
    """The type without its bounds.

    These are for requests, and an unreadable webhook may violate them.
    """
    if get_origin(kind) is not Annotated:
        return kind
    plain, meta = get_args(kind)
    said = Meta(title=meta.title, description=meta.description, examples=meta.examples)
    return Annotated[plain, said]


def _answer_type(
    name: str, words: str, spec: type[Spec], *last: object, channel: str | None = None
) -> Any:
    """Build the Struct of an answer. `channel` is the tag of an action."""
    types = {field.name: _shown_type(field.type) for field in fields(spec)}
    members = [
        ("id", str),
        *((member, types[member]) for member in member_names(spec)),
        (
            "disabled_reason",
            Annotated[
                str | None, Meta(description="Why Hookline switched it off; null if it did not.")
            ],
        ),
        ("counters", Counters),
        *((("previous_secret_expires_at", Moment | None),) if last else ()),
        ("created_at", Moment),
        ("updated_at", Moment),
        (
            "key",
            Annotated[str | None, Meta(description="Your own key of it, from the path of a PUT.")],
        ),
        (
            "paused_at",
            Annotated[Moment | None, Meta(description="When it was paused; null if it is not.")],
        ),
        (
            "paused_until",
            Annotated[
                Moment | None, Meta(description="When it resumes by itself; null if it does not.")
            ],
        ),
        *last,
        *((LISTENER,) if last and not channel else ()),
    ]
    return msgspec.defstruct(
        name,
        members,
        namespace={"__doc__": words},
        frozen=True,
        tag_field="channel" if channel else None,
        tag=channel,
    )


LISTENER = (
    "listener",
    Annotated[
        bool, Meta(description="Whether a computer fetches its deliveries: see `/listeners`.")
    ],
    False,
)
SECRET = (
    "secret",
    Annotated[
        str | UnsetType,
        Meta(
            description="The signing secret. Present only in the answer that creates or changes it."
        ),
    ],
    UNSET,
)
WebhookAnswer = _answer_type("WebhookAnswer", "A webhook and its state.", WebhookSpec, SECRET)
WebhookActionAnswer = _answer_type(
    "WebhookActionAnswer",
    "An action that sends a webhook, and its state.",
    WebhookSpec,
    SECRET,
    channel="webhook",
)
EmailActionAnswer = _answer_type(
    "EmailActionAnswer",
    "An action that sends e-mail, and its state.",
    EmailSpec,
    channel="email",
)


class ActionPage(msgspec.Struct, frozen=True):
    """A page of actions."""

    data: list[WebhookActionAnswer | EmailActionAnswer]  # type: ignore[valid-type]
    next_cursor: Annotated[
        str | None,
        Meta(description="Send it as `cursor` to get the next page. It is null on the last page."),
    ]


def webhook(row: Subscription, vault: Vault, secret: str | UnsetType = UNSET) -> msgspec.Struct:
    """The answer for a webhook, with `secret` if it was just created.

    For a broken one: the readable members, and why the rest cannot be read.
    """
    return _made(WebhookAnswer, row, vault, secret)


def action(row: Subscription, vault: Vault, secret: str | UnsetType = UNSET) -> msgspec.Struct:
    """Like `webhook`, for an action on either channel."""
    kind = EmailActionAnswer if row.channel == "email" else WebhookActionAnswer
    return _made(kind, row, vault, secret)


def _made(kind: Any, row: Subscription, vault: Vault, secret: str | UnsetType) -> msgspec.Struct:
    spec, broken = stored.as_far_as_readable(row, custom_headers.masked(row, vault))
    values = {name: getattr(spec, name) for name in member_names(type(spec))} | {
        "id": row.id,
        "disabled_reason": stored.sentence(broken) if broken else row.disabled_reason,
        "counters": _counters(row.health),
        "previous_secret_expires_at": optional_moment(row.previous_secret_expires_at),
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "key": row.own_key,
        "paused_at": optional_moment(row.paused_at if row.is_paused else None),
        "paused_until": optional_moment(row.paused_until if row.is_paused else None),
        "secret": secret,
        "listener": row.is_listener,
    }
    shown: msgspec.Struct = kind(**{name: values[name] for name in kind.__struct_fields__})
    return shown


def _counters(health: SubscriptionHealth) -> Counters:
    return Counters(
        delivered=health.delivered,
        failed=health.failed,
        failed_attempts=health.failed_attempts,
        last_attempt_at=optional_moment(health.last_attempt_at),
        last_success_at=optional_moment(health.last_success_at),
        failing_since=optional_moment(health.failing_since),
    )
