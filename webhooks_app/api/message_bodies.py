"""Chat messages as platforms report them, read and checked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from webhooks_app.api.bodies import decode
from webhooks_app.api.event_bodies import OUT_OF_RANGE, SHOWN_ID, VISIBLE, Moment
from webhooks_app.chat.service import ReportedMessage, Speaker, text_faults
from webhooks_app.events.subjects import id_faults
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import fits_every_zone

LARGEST_BATCH = 500
FURTHEST_AHEAD = timedelta(days=1)
NONE = msgspec.Raw()


class MessageBody(msgspec.Struct, forbid_unknown_fields=True):
    """Something that was said in a conversation."""

    conversation_id: Annotated[
        str,
        Meta(
            description="Your own id of the conversation.",
            examples=["conv_5c7d2"],
            extra_json_schema={"minLength": 1, "maxLength": 200},
        ),
    ]
    role: Annotated[Speaker, Meta(description="Who wrote the message.")]
    text: Annotated[str, Meta(description="The text, at most 16 KiB. It can be empty.")]
    at: Annotated[
        Moment | None,
        Meta(
            description="When it was written, at most a day in the future. The default is the "
            "current time."
        ),
    ] = None
    id: Annotated[
        Annotated[str, Meta(extra_json_schema=SHOWN_ID)] | None,
        Meta(description="Your own id of the message. It makes a repeat harmless."),
    ] = None


AMessage = Annotated[
    msgspec.Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/MessageBody"})
]


class MessagesBody(msgspec.Struct, forbid_unknown_fields=True):
    """Many messages at once, in the order in which they were written."""

    messages: Annotated[list[AMessage], Meta(min_length=1, max_length=LARGEST_BATCH)]


class _Peek(msgspec.Struct):
    messages: msgspec.Raw = NONE


def is_batch(text: str) -> bool:
    """Whether the body holds several messages.

    A body that is not JSON is refused later, as a message.
    """
    try:
        return msgspec.json.decode(text, type=_Peek).messages != NONE
    except (msgspec.DecodeError, RecursionError):
        return False


def parse_message(
    text: str | msgspec.Raw,
    key: str | None,
    now: datetime,
    hops: int = 0,
    traceparent: str | None = None,
) -> ReportedMessage:
    """The message in `text`, with its idempotency key. Raises `Invalid` with all its faults."""
    body = decode(text, MessageBody)
    if faults := list(_faults(body, now)):
        raise Invalid(*faults)
    return ReportedMessage(
        conversation_id=body.conversation_id,
        speaker=body.role,
        text=body.text,
        at=body.at.astimezone(UTC) if body.at else now,
        message_id=body.id,
        idempotency_key=key,
        hops=hops,
        traceparent=traceparent,
    )


def _faults(body: MessageBody, now: datetime) -> Iterator[Fault]:
    yield from (fault.below("conversation_id") for fault in id_faults(body.conversation_id))
    yield from (fault.below("text") for fault in text_faults(body.text))
    if body.id is not None and not VISIBLE.fullmatch(body.id):
        yield Fault("#/id", "An id has 1 to 255 visible ASCII characters.")
    if body.at is not None and not fits_every_zone(body.at):
        yield Fault("#/at", OUT_OF_RANGE)
    elif body.at is not None and body.at > now + FURTHEST_AHEAD:
        yield Fault("#/at", "This time is more than a day in the future.")
