"""What clients send to /webhooks and /actions, for the API's document.

The service checks the members of a spec, by the same Structs.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import NODEFAULT, UNSET, Meta, UnsetType
from msgspec.structs import FieldInfo, fields

from webhooks_app.subscriptions.spec import EmailSpec, NewWebhookSpec, Rate, Spec, WebhookSpec

LONGEST_OVERLAP_HOURS = 7 * 24
MOMENT = "2026-03-02T10:00:00Z"
LATER = "2099-03-02T10:00:00Z"


def _patch_of(name: str, noun: str, *specs: type[Spec], **first: Any) -> Any:
    """A Struct for the document: every member of these specs, none required."""
    types = first | {one.name: one.type for spec in specs for one in fields(spec)}
    return msgspec.defstruct(
        name,
        [(member, Union[kind, UnsetType], UNSET) for member, kind in types.items()],  # noqa: UP007
        namespace={"__doc__": f"Changes to {noun}. Absent members stay as they are."},
        forbid_unknown_fields=True,
    )


def _action_of(name: str, words: str, spec: type[Spec], channel: Any, *default: Any) -> Any:
    """A Struct for the document: a spec whose channel is a member like any other."""
    needed = [(one.name, one.type) for one in fields(spec) if one.required]
    others = [(one.name, one.type, _default(one)) for one in fields(spec) if not one.required]
    said = ("channel", Annotated[channel, Meta(description="`webhook` or `email`.")], *default)
    members = [*needed, said, *others] if default else [said, *needed, *others]
    return msgspec.defstruct(
        name, members, namespace={"__doc__": words}, forbid_unknown_fields=True
    )


def _default(field: FieldInfo) -> object:
    if field.default is NODEFAULT:
        return msgspec.field(default_factory=field.default_factory)
    return field.default


class WebhookPut(WebhookSpec, frozen=True, kw_only=True, tag=False):
    """A complete webhook.

    Absent members get their defaults, except `enabled`, which stays as it is.
    """


WebhookActionPut = _action_of(
    "WebhookActionPut",
    "A complete action that sends a webhook. Absent members get their defaults, "
    "except `enabled`, which stays as it is.",
    WebhookSpec,
    Literal["webhook"],
    "webhook",
)
WebhookPatch = _patch_of("WebhookPatch", "a webhook", WebhookSpec)
ActionPatch = _patch_of(
    "ActionPatch", "an action", WebhookSpec, EmailSpec, channel=Literal["webhook", "email"]
)
NewWebhookAction = _action_of(
    "NewWebhookAction",
    "An action that sends a webhook.",
    NewWebhookSpec,
    Literal["webhook"],
    "webhook",
)
NewEmailAction = _action_of(
    "NewEmailAction", "An action that sends e-mail.", EmailSpec, Literal["email"]
)


class TestBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a test sends."""

    event_type: Annotated[
        str | None,
        Meta(
            description="The event type whose sample is sent, or `webhook.ping`. The default is "
            "the first type of the webhook or action.",
            examples=["lead.captured"],
        ),
    ] = None
    data: Annotated[
        msgspec.Raw | UnsetType,
        Meta(
            description="Your own data, sent in place of the sample, byte for byte. Of the types "
            "that Hookline itself sends, only `webhook.ping` takes it.",
            extra_json_schema={"type": "object"},
            examples=[{"name": "Ada Lovelace", "email": "ada@example.com"}],
        ),
    ] = UNSET

    @property
    def own_data(self) -> str | None:
        return None if self.data is UNSET else bytes(self.data).decode()


class RecoverBody(msgspec.Struct, forbid_unknown_fields=True):
    """The start of the recovery."""

    since: Annotated[
        Annotated[datetime, Meta(tz=True)],
        Meta(description="Send deliveries and events from this time on.", examples=[MOMENT]),
    ]


class PauseBody(msgspec.Struct, forbid_unknown_fields=True):
    """How long to pause."""

    until: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(
            description="When it resumes by itself. Without it, it stays paused until "
            "it is resumed.",
            examples=[LATER],
        ),
    ] = None


class ResumeBody(msgspec.Struct, forbid_unknown_fields=True):
    """How fast to send the waiting deliveries."""

    rate: Annotated[
        Rate | None,
        Meta(
            description="How many deliveries may start per second. Without it, they "
            "all start at once.",
            examples=[50],
        ),
    ] = None


class RotateBody(msgspec.Struct, forbid_unknown_fields=True):
    """How to rotate a secret."""

    overlap_hours: Annotated[
        int,
        Meta(
            ge=0, le=LONGEST_OVERLAP_HOURS, description="How many hours the old secret signs too."
        ),
    ] = 24
    secret: Annotated[
        str | None, Meta(description="A secret of your own. Without it, one is generated.")
    ] = None

    @property
    def overlap(self) -> timedelta:
        return timedelta(hours=self.overlap_hours)
