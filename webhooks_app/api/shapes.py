"""The API's answers about events, event types, messages and deliveries."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from webhooks_app.catalogue import EventType
from webhooks_app.channels.webhook.formats.pollybot import name_of
from webhooks_app.chat.service import MessageResult
from webhooks_app.deliveries.log import Logged
from webhooks_app.lib.times import rfc3339
from webhooks_app.matching.incoming import Accepted
from webhooks_app.models import Attempt, Event
from webhooks_app.vocabulary import WAITING, DeliveryStatus, Trigger

Json = Annotated[object, Meta(extra_json_schema={"description": "Any JSON value."})]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class SubjectAnswer(msgspec.Struct, frozen=True):
    """What an event is about."""

    type: str
    id: str


class AcceptedAnswer(msgspec.Struct, frozen=True):
    """An event that was accepted."""

    id: str
    type: str
    deliveries: Annotated[int, Meta(description="How many deliveries the event has.")]
    results: Annotated[
        "list[DeliveryAnswer] | UnsetType",
        Meta(description="Present after a wait: the deliveries, newest first, up to a hundred."),
    ] = UNSET


class AcceptedBatch(msgspec.Struct, frozen=True):
    """Events that were accepted, in the order of the batch."""

    events: list[AcceptedAnswer]


class DerivedEvent(msgspec.Struct, frozen=True):
    """An event that was derived from a message."""

    id: str
    type: str


class MessageAnswer(msgspec.Struct, frozen=True):
    """A message that was accepted, and the events that followed."""

    conversation_id: str
    events: list[DerivedEvent]


class MessagesAnswer(msgspec.Struct, frozen=True):
    """Messages that were accepted, in the order of the batch."""

    messages: list[MessageAnswer]


class EventTypeAnswer(msgspec.Struct, frozen=True):
    """Something that can happen."""

    name: str
    title: str
    description: Annotated[str, Meta(description="When such an event happens.")]
    group: Annotated[str, Meta(description="The heading it is listed under.")]
    pollybot_name: Annotated[
        str, Meta(description="The name of the type in the wire format `pollybot`.")
    ]
    sample: Annotated[Mapping[str, Json], Meta(description="A realistic `data`, which tests send.")]
    schema: Annotated[
        Mapping[str, Json] | bool | None, Meta(description="A JSON Schema (2020-12) of `data`.")
    ]
    own: Annotated[bool, Meta(description="Whether your organisation registered it.")]


class EventAnswer(msgspec.Struct, frozen=True):
    """Something that happened."""

    id: str
    type: str
    subject: SubjectAnswer | None
    occurred_at: Moment


class AttemptAnswer(msgspec.Struct, frozen=True):
    """One try of a delivery."""

    number: Annotated[int, Meta(description="The number of the attempt, from 1.")]
    outcome: Annotated[
        str,
        Meta(
            description="`succeeded`, `failed`, or `lost` when the worker died before it "
            "could store the answer."
        ),
    ]
    failure: Annotated[str | None, Meta(description="The kind of failure, such as `timeout`.")]
    error: Annotated[str | None, Meta(description="The reason of the failure, as a sentence.")]
    status_code: Annotated[int | None, Meta(description="The status code of the answer.")]
    url: str
    request_headers: Mapping[str, str]
    response_headers: Annotated[
        list[tuple[str, str]],
        Meta(description="Names and values. A name can appear more than once."),
    ]
    response_body: str
    response_truncated: Annotated[
        bool, Meta(description="Whether the body was longer than what is kept.")
    ]
    started_at: Moment
    duration_ms: int


class DeliveryAnswer(msgspec.Struct, frozen=True):
    """One event for one webhook or action.

    `request_body` and `attempts` are present only when a single delivery is read.
    """

    id: str
    event: EventAnswer
    subscription_id: Annotated[str, Meta(description="The id of the webhook or action.")]
    trigger: Annotated[
        str,
        Meta(description="What caused the delivery.", extra_json_schema={"enum": list(Trigger)}),
    ]
    replay_of: Annotated[
        str | None, Meta(description="The id of the delivery that this one repeats.")
    ]
    status: Annotated[str, Meta(extra_json_schema={"enum": list(DeliveryStatus)})]
    tries: Annotated[int, Meta(description="How many attempts were made.")]
    failures: Annotated[int, Meta(description="How many attempts failed.")]
    status_code: Annotated[int | None, Meta(description="The status code of the last answer.")]
    error: Annotated[str | None, Meta(description="Why the last attempt failed.")]
    next_try_at: Moment | None
    created_at: Moment
    finished_at: Moment | None
    request_body: str | UnsetType | None = UNSET
    attempts: list[AttemptAnswer] | UnsetType = UNSET


def accepted(accepted: Accepted) -> AcceptedAnswer:
    return AcceptedAnswer(accepted.id, accepted.type, accepted.deliveries)


def message(result: MessageResult) -> MessageAnswer:
    events = [DerivedEvent(event.id, event.type) for event in result.events]
    return MessageAnswer(result.conversation_id, events)


def event_type(kind: EventType) -> EventTypeAnswer:
    return EventTypeAnswer(
        name=kind.name,
        title=kind.title,
        description=kind.description,
        group=kind.group,
        pollybot_name=name_of(kind.name),
        sample=kind.sample,
        schema=kind.schema,
        own=kind.own,
    )


def delivery(logged: Logged) -> DeliveryAnswer:
    row = logged.delivery
    return DeliveryAnswer(
        id=row.id,
        event=_event(logged.event),
        subscription_id=row.subscription_id,
        trigger=row.trigger,
        replay_of=row.replay_of,
        status=row.status,
        tries=row.tries,
        failures=row.failures,
        status_code=row.status_code,
        error=row.error,
        next_try_at=optional_moment(row.due_at) if row.status in WAITING else None,
        created_at=rfc3339(row.created_at),
        finished_at=optional_moment(row.finished_at),
    )


def attempt(row: Attempt) -> AttemptAnswer:
    return AttemptAnswer(
        number=row.number,
        outcome=row.outcome,
        failure=row.failure,
        error=row.error,
        status_code=row.status_code,
        url=row.url,
        request_headers=row.sent_headers,
        response_headers=row.received_headers,
        response_body=row.response_body.decode(errors="replace"),
        response_truncated=row.response_truncated,
        started_at=rfc3339(row.started_at),
        duration_ms=row.duration_ms,
    )


def optional_moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _event(event: Event) -> EventAnswer:
    subject = (
        SubjectAnswer(event.subject_type, event.subject_id or "") if event.subject_type else None
    )
    return EventAnswer(event.id, event.type, subject, rfc3339(event.occurred_at))
