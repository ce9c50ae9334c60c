"""What clients send to /webhooks, except a webhook's own members: those are its spec."""

from typing import Annotated, Union

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import fields

from webhooks_app.subscriptions.spec import WebhookSpec

LONGEST_OVERLAP_HOURS = 7 * 24


WebhookPatch = msgspec.defstruct(
    "WebhookPatch",
    [(one.name, Union[one.type, UnsetType], UNSET) for one in fields(WebhookSpec)],  # noqa: UP007
    namespace={"__doc__": "What to change of a webhook. Members that are absent stay."},
    forbid_unknown_fields=True,
)


class TestBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a test sends."""

    event_type: Annotated[
        str | None,
        Meta(
            description="Whose sample is sent, also `webhook.ping`; its first if absent.",
            examples=["lead.captured"],
        ),
    ] = None


class RotateBody(msgspec.Struct, forbid_unknown_fields=True):
    """How a secret is rotated."""

    overlap_hours: Annotated[
        int,
        Meta(ge=0, le=LONGEST_OVERLAP_HOURS, description="For how long the old secret also signs."),
    ] = 24
    secret: Annotated[str | None, Meta(description="One of your own; made for you if absent.")] = (
        None
    )
