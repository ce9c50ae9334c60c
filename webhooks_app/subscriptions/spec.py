"""The one declaration of a subscription: type, bounds, default and words of every member.

Everything else follows from it: the API's bodies and answers, the forms, copies, the audit log's
differences, the columns of a row (`stored`), the JSON Schema. `reading` decodes it and reports all
faults; `faults` checks what types and bounds cannot express.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from webhooks_app.channels.retry_policy import POLICIES
from webhooks_app.channels.webhook import headers as custom_headers
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.lib import urls
from webhooks_app.mail.subject_template import LONGEST as LONGEST_SUBJECT
from webhooks_app.matching.conditions import MOST as MOST_CONDITIONS
from webhooks_app.vocabulary import ChannelName, Frequency, Match

LONGEST_NAME = 200
MOST_FIELDS = 50
MOST_ADDRESSES = 20
MOST_METADATA = 20
DEFAULT_FORMAT = "standard"
ORDER = (
    "name",
    "description",
    "url",
    "event_types",
    "scope",
    "conditions",
    "match",
    "changed_fields",
    "wire_format",
    "retry_policy",
    "rate_limit",
    "timeout",
    "failure_mail",
    "headers",
    "enabled",
)

Scalar = bool | int | float | str
# See `channels.retry_policy.parse_policy`, which checks it.
Policy = str | dict[str, Scalar | list[Scalar | None] | None]


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One subject: its type and its id."""

    type: str
    id: str


class ConditionMembers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A field of the event, and what must be true of it."""

    field: str
    operator: str
    value: Scalar | tuple[Scalar, ...] | None = None


class ScheduleMembers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a digest is sent. `weekday` 0 is Monday.

    Without its own zone it follows the organisation's.
    """

    frequency: Frequency
    hour: Annotated[int, Meta(ge=0, le=23, extra={"error": "The hour must be 0 to 23."})] = 0
    weekday: Annotated[int, Meta(ge=0, le=6)] = 0
    time_zone: str | None = None
    skip_empty: bool = False


LOWEST_RATE, HIGHEST_RATE = 0.1, 1000
Rate = Annotated[float, Meta(ge=LOWEST_RATE, le=HIGHEST_RATE)]
Seconds = Annotated[float, Meta(ge=1, le=60)]
KEY = r"^[A-Za-z0-9_.-]{1,40}$(?!\n)"
Key = Annotated[str, Meta(pattern=KEY)]
Value = Annotated[str, Meta(min_length=1, max_length=500)]
Line = Annotated[str, Meta(max_length=LONGEST_SUBJECT)]


class Spec(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="channel"
):
    """What all channels share.

    `extra` has the messages for an invalid value (`error`) and an empty one (`empty`).
    """

    name: Annotated[
        str,
        Meta(
            title="Name",
            description="A name for people.",
            examples=["New leads to the CRM"],
            min_length=1,
            max_length=LONGEST_NAME,
            pattern=r"\S",
            extra={
                "error": f"Use 1 to {LONGEST_NAME} printable characters in a name.",
                "empty": "Enter a name.",
            },
        ),
    ]
    description: Annotated[
        str,
        Meta(
            title="Description",
            description="A note for your team.",
            examples=["Asked for by sales"],
            max_length=2000,
            extra={"error": "Use at most 2000 characters in a description."},
        ),
    ] = ""
    event_types: Annotated[
        tuple[str, ...],
        Meta(
            title="Events",
            description="The names of the event types to send. A webhook also accepts "
            "`customer.*` for all types that begin with `customer.`, and `*` for all "
            "types. Both include types that are registered later.",
            examples=[["lead.captured", "lead.updated"], ["customer.*"]],
            min_length=1,
            extra={
                "error": "Give a list of event type names.",
                "empty": "Choose at least one event type.",
            },
        ),
    ]
    scope: Annotated[
        Scope | None,
        Meta(
            title="Scope",
            description="Send only events about this subject; null for all.",
            examples=[{"type": "chatbot", "id": "bot_1"}],
        ),
    ] = None
    conditions: Annotated[
        tuple[ConditionMembers, ...],
        Meta(
            title="Conditions",
            description=f"Up to {MOST_CONDITIONS} conditions on fields of the event.",
            examples=[[{"field": "data.email", "operator": "exists"}]],
        ),
    ] = ()
    match: Annotated[
        Match,
        Meta(
            title="Match",
            description="`all` or `any`: how many of the conditions must match.",
            extra={"error": "Use `all` or `any`."},
        ),
    ] = Match.ALL
    changed_fields: Annotated[
        tuple[str, ...],
        Meta(
            title="Only when one of these fields changed",
            description=(
                f"Up to {MOST_FIELDS} paths: send updates only if one of these fields changed; an "
                "empty list for any change."
            ),
            examples=[["stage", "data.owner.email"]],
        ),
    ] = ()
    retry_policy: Annotated[
        Policy,
        Meta(
            title="Retries",
            description=(
                "When failed deliveries are retried: a policy by its name, delays in seconds, or "
                "retries that wait twice as long each time."
            ),
            examples=[
                "pivot",
                {"delays": [60, 300]},
                {"max_retries": 3, "retry_delay_ms": 1000},
            ],
            extra_json_schema={
                "anyOf": [
                    {"enum": list(POLICIES)},
                    {
                        "type": "object",
                        "properties": {"delays": {"type": "array", "items": {"type": "number"}}},
                        "required": ["delays"],
                    },
                    {
                        "type": "object",
                        "properties": {
                            "max_retries": {"type": "integer"},
                            "retry_delay_ms": {"type": "integer"},
                        },
                        "required": ["max_retries", "retry_delay_ms"],
                    },
                ]
            },
        ),
    ] = "pivot"
    rate_limit: Annotated[
        Rate | None,
        Meta(
            title="Rate limit",
            description="How many deliveries may start per second; null for no limit.",
            examples=[2.5],
            extra={
                "unit": "per second",
                "error": "Use 0.1 to 1000 deliveries a second, or null for no limit.",
            },
        ),
    ] = None
    failure_mail: Annotated[
        bool,
        Meta(
            title="E-mail on failure",
            description="Whether owners and admins get an e-mail when deliveries fail permanently.",
        ),
    ] = True
    metadata: Annotated[
        dict[Key, Value],
        Meta(
            title="Metadata",
            description=f"Up to {MOST_METADATA} of your own texts by key. Never sent to endpoints.",
            examples=[{"team": "sales"}],
            max_length=MOST_METADATA,
            extra={
                "error": (
                    f"Use up to {MOST_METADATA} values of 1 to 500 characters. A key has 1 to 40 "
                    "letters, digits, dots, hyphens or underscores."
                )
            },
        ),
    ] = {}
    enabled: Annotated[
        bool,
        Meta(title="On", description="Whether it is switched on. Nothing is sent while it is off."),
    ] = True


class WebhookSpec(Spec, frozen=True, kw_only=True, tag="webhook"):
    """A signed POST request to a URL."""

    url: Annotated[
        str,
        Meta(
            title="URL",
            description="Where events are sent; https in live mode.",
            examples=["https://crm.example.com/hooks"],
            min_length=1,
            max_length=urls.LONGEST,
            extra={
                "error": f"Use at most {urls.LONGEST} characters in a URL.",
                "empty": "Enter the address that events are sent to.",
            },
        ),
    ]
    wire_format: Annotated[
        str,
        Meta(
            title="Format",
            description="The body, headers and signature of a request.",
            extra_json_schema={"enum": list(FORMATS)},
        ),
    ] = DEFAULT_FORMAT
    timeout: Annotated[
        Seconds | None,
        Meta(
            title="Timeout",
            description="How many seconds an answer may take; null for the operator's limit.",
            examples=[10],
            extra={
                "unit": "s",
                "error": "Use 1 to 60 seconds, or null for the default.",
            },
        ),
    ] = None
    headers: Annotated[
        dict[str, str],
        Meta(
            title="Custom headers",
            description=f"Up to {custom_headers.MOST} custom headers. Their values are never "
            "shown.",
            examples=[{"X-Team": "sales"}],
        ),
    ] = {}


class NewWebhookSpec(WebhookSpec, frozen=True, kw_only=True, tag=False):
    """A new webhook, which may have its own signing secret."""

    secret: Annotated[
        str | UnsetType,
        Meta(title="Signing secret", description="Generated if absent."),
    ] = UNSET


class EmailSpec(Spec, frozen=True, kw_only=True, tag="email"):
    """An e-mail for each event, or a digest of many.

    An unsubscribed address is removed, so a stored action may have none left.
    """

    email_to: Annotated[
        tuple[str, ...],
        Meta(
            title="To",
            description=f"1 to {MOST_ADDRESSES} e-mail addresses.",
            examples=[["sales@example.com"]],
            extra={"error": f"Enter 1 to {MOST_ADDRESSES} e-mail addresses."},
            extra_json_schema={"minItems": 1, "maxItems": MOST_ADDRESSES},
        ),
    ]
    email_subject: Annotated[
        Line | None,
        Meta(
            title="Subject",
            description="The subject, with fields of the event such as `New lead: {{ data.name "
            "}}`; null for a subject made from the event.",
            examples=["New lead: {{ data.name }}"],
            extra={"error": f"Use at most {LONGEST_SUBJECT} printable characters in a subject."},
        ),
    ] = None
    schedule: Annotated[
        ScheduleMembers | None,
        Meta(
            title="Digest",
            description="When a digest is sent; null for one e-mail per event, at once.",
            examples=[{"frequency": "daily", "hour": 9}],
        ),
    ] = None


AnySpec = WebhookSpec | EmailSpec

# The starting values of a new subscription, which cannot be saved as they are.
BLANKS: Mapping[ChannelName, AnySpec] = {
    ChannelName.WEBHOOK: WebhookSpec(name="", event_types=(), url=""),
    ChannelName.EMAIL: EmailSpec(name="", event_types=(), email_to=()),
}
NEW_WEBHOOK = NewWebhookSpec(name="", event_types=(), url="")
META: Mapping[str, Meta] = {
    field.name: field.type.__metadata__[0]
    for kind in (NewWebhookSpec, EmailSpec)
    for field in msgspec.structs.fields(kind)
}


def member_names(kind: type[Spec]) -> list[str]:
    """In the published order of answers; newer members follow at the end."""
    names = kind.__struct_fields__
    return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
