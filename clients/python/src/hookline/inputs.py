"""Objects inside what is sent, as dictionaries.

Made from docs/openapi.json by `make client`: do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from hookline.models import DeliveryStatus, Frequency, Speaker, SubscriptionKind


class AnswerBodyInput(TypedDict):
    """The answer that senders get."""

    status: NotRequired[int]
    delay_ms: NotRequired[int]
    body: NotRequired[str]
    """The body of the answer, up to 4,096 bytes."""
    content_type: NotRequired[Literal["json", "text"]]


class ConditionInput(TypedDict):
    """A field of the event, and what must be true of it."""

    field: str
    operator: str
    value: NotRequired[bool | int | float | str | Sequence[bool | int | float | str] | None]


class DeliveryFilter(TypedDict):
    """A filter of deliveries; an absent member means any."""

    subscription_id: NotRequired[str | None]
    """The id of a webhook or an action."""
    kind: NotRequired[SubscriptionKind | None]
    """Deliveries of webhooks or of actions."""
    event_type: NotRequired[str | None]
    """The name of an event type."""
    status: NotRequired[DeliveryStatus | None]
    """The state of the delivery."""
    status_code: NotRequired[str | None]
    """The status code of the last answer: one code such as `404`, or a class such as `5xx`."""
    text: NotRequired[str | None]
    """A text in the error, in the event's data, type or subject, in the name of the webhook or
    action, or an id of one of them. Upper and lower case are the same. The whole id of a
    delivery or event finds only that, however old it is.
    """
    field: NotRequired[str | None]
    """A path into the event's data, and a text in its value, as `email: ada@example.com`. Upper
    and lower case are the same.
    """
    subject: NotRequired[str | None]
    """The id of the chatbot, room or space that the event is about."""
    response: NotRequired[str | None]
    """A text in what the receiver answered to any attempt, in upper and lower case as written."""
    event_id: NotRequired[str | None]
    """The id of an event."""
    missing: NotRequired[bool]
    """`true` for deliveries that never arrived: failed or cancelled, and not replayed since."""
    since: NotRequired[datetime | str | None]
    """Created at this time or later."""
    until: NotRequired[datetime | str | None]
    """Created before this time."""


class EventBody(TypedDict):
    """Something that happened."""

    type: str
    """The name of an event type."""
    data: Mapping[str, Any]
    """The data of the event. It is stored, signed and sent byte for byte."""
    subject: NotRequired[SubjectBody | None]
    """What the event is about."""
    chatbot_id: NotRequired[str | None]
    """Short for a `subject` of type `chatbot`."""
    id: NotRequired[str | None]
    """Your own id of the event. It makes a repeat harmless."""
    timestamp: NotRequired[datetime | str | None]
    """When it happened. The default is the current time."""
    changed: NotRequired[Sequence[str] | None]
    """For updates: the paths of the changed fields, up to 100."""


class ListenerResult(TypedDict):
    """The result of one attempt. Without `failure`, `status_code` is the answer."""

    delivery_id: str
    number: int
    timestamp: int
    """The timestamp with which it was taken."""
    duration_ms: int
    status_code: NotRequired[int | None]
    headers: NotRequired[Sequence[tuple[str, str]]]
    body: NotRequired[str]
    """In Base64. 16,384 bytes of it are kept."""
    truncated: NotRequired[bool]
    failure: NotRequired[Literal["connect", "dns", "network", "timeout", "tls"] | None]
    error: NotRequired[str]
    """Why it failed, in a sentence."""


class MessageBody(TypedDict):
    """Something that was said in a conversation."""

    conversation_id: str
    """Your own id of the conversation."""
    role: Speaker
    """Who wrote the message."""
    text: str
    """The text, at most 16 KiB. It can be empty."""
    at: NotRequired[datetime | str | None]
    """When it was written, at most a day in the future. The default is the current time."""
    id: NotRequired[str | None]
    """Your own id of the message. It makes a repeat harmless."""


class ScheduleInput(TypedDict):
    """When a digest is sent. `weekday` 0 is Monday.

    Without its own zone it follows the organisation's.
    """

    frequency: Frequency
    hour: NotRequired[int]
    weekday: NotRequired[int]
    time_zone: NotRequired[str | None]
    skip_empty: NotRequired[bool]


class ScopeInput(TypedDict):
    """One subject: its type and its id."""

    type: str
    id: str


class SubjectBody(TypedDict):
    """What an event is about."""

    type: str
    """The type of the subject, such as `chatbot`."""
    id: str
    """Your own id of the subject."""
