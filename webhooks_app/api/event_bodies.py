"""Read and check one event as producers send it. The busiest code of the API."""

import re
from collections.abc import Container, Iterator
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from webhooks_app.api.bodies import decode
from webhooks_app.events.fields import faults_of_data, faults_of_type
from webhooks_app.events.subjects import subject_faults, subject_id_faults
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import fits_every_zone, utcnow
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.paths import path_faults

LARGEST_BATCH = 1000
MOST_CHANGED = 100

OUT_OF_RANGE = "This time must lie between 0001-01-02 and 9999-12-30 in UTC."
VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")

Moment = Annotated[datetime, Meta(tz=True)]


SHOWN_ID = {"pattern": "^[!-~]{1,255}$"}  # as `VISIBLE`, which says it in words


class SubjectBody(msgspec.Struct, forbid_unknown_fields=True):
    """What an event is about."""

    type: Annotated[
        str, Meta(description="The type of the subject, such as `chatbot`.", examples=["chatbot"])
    ]
    id: Annotated[str, Meta(description="Your own id of the subject.", examples=["bot_1"])]


class EventBody(msgspec.Struct, forbid_unknown_fields=True):
    """Something that happened."""

    type: Annotated[str, Meta(description="The name of an event type.", examples=["lead.captured"])]
    data: Annotated[
        msgspec.Raw,
        Meta(
            description="The data of the event. It is stored, signed and sent byte for byte.",
            extra_json_schema={"type": "object"},
        ),
    ]
    subject: Annotated[SubjectBody | None, Meta(description="What the event is about.")] = None
    chatbot_id: Annotated[
        str | None, Meta(description="Short for a `subject` of type `chatbot`.")
    ] = None
    id: Annotated[
        Annotated[str, Meta(extra_json_schema=SHOWN_ID)] | None,
        Meta(description="Your own id of the event. It makes a repeat harmless."),
    ] = None
    timestamp: Annotated[
        Moment | None, Meta(description="When it happened. The default is the current time.")
    ] = None
    changed: Annotated[
        list[str] | None,
        Meta(
            description="For updates: the paths of the changed fields, up to 100.",
            examples=[["stage", "owner.email"]],
        ),
    ] = None


AnEvent = Annotated[msgspec.Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/EventBody"})]


class BatchBody(msgspec.Struct, forbid_unknown_fields=True):
    """Many events at once."""

    events: Annotated[list[AnEvent], Meta(min_length=1, max_length=LARGEST_BATCH)]


def parse_event(
    text: str | msgspec.Raw,
    key: str | None,
    own: Container[str],
    hops: int = 0,
    traceparent: str | None = None,
) -> Incoming:
    """The event in `text`, with its idempotency key. Raises `Invalid` with all its faults.

    `own` are the names of event types that the organisation registered.
    """
    body = decode(text, EventBody)
    if faults := list(_faults(body, own)):
        raise Invalid(*faults)
    return Incoming(
        type=body.type,
        data=bytes(body.data).decode(),
        occurred_at=body.timestamp.astimezone(UTC) if body.timestamp else utcnow(),
        subject=_subject(body),
        source_id=body.id,
        idempotency_key=key,
        changed=None if body.changed is None else tuple(dict.fromkeys(body.changed)),
        hops=hops,
        traceparent=traceparent,
    )


def _subject(body: EventBody) -> tuple[str, str] | None:
    if body.subject is not None:
        return body.subject.type, body.subject.id
    return ("chatbot", body.chatbot_id) if body.chatbot_id is not None else None


def _faults(body: EventBody, own: Container[str]) -> Iterator[Fault]:
    yield from faults_of_type(body.type, own)
    yield from _faults_of_subject(body)
    if body.id is not None and not VISIBLE.fullmatch(body.id):
        yield Fault("#/id", "An id has 1 to 255 visible ASCII characters.")
    if body.timestamp is not None and not fits_every_zone(body.timestamp):
        yield Fault("#/timestamp", OUT_OF_RANGE)
    for fault in path_faults(body.changed or (), MOST_CHANGED):
        yield fault.below("changed")
    yield from faults_of_data(bytes(body.data))


def _faults_of_subject(body: EventBody) -> Iterator[Fault]:
    if body.subject is not None and body.chatbot_id is not None:
        yield Fault("#/chatbot_id", "This is a short form of `subject`: give one of the two.")
    if body.subject is not None:
        for fault in subject_faults(body.subject.type, body.subject.id):
            yield fault.below("subject")
    if body.chatbot_id is not None:
        for fault in subject_id_faults(body.chatbot_id):
            yield fault.below("chatbot_id")
