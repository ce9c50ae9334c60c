"""What happens in a chatbot."""

from webhooks_app.catalogue.schema import (
    count,
    described,
    email,
    link,
    moment,
    one_of,
    part,
    text,
    texts,
)

GROUP = "Chat"

LEAD = {
    "id": "lead_8f2k1",
    "name": "Maya Lindqvist",
    "email": "maya.lindqvist@example.com",
    "phone": "+46 70 123 45 67",
    "company": "Norrsken Bygg AB",
    "message": "Can you send me prices for twelve seats?",
    "source": "chat_widget",
    "status": "NEW",
    "tags": ["pricing", "website"],
    "conversation_id": "conv_5c7d2",
}
CONVERSATION = {
    "id": "conv_5c7d2",
    "visitor_id": "vis_19ab",
    "page_url": "https://shop.example.com/pricing",
    "started_at": "2026-03-02T09:58:12Z",
    "message_count": 6,
}
MESSAGE = {
    "id": "msgin_77e0",
    "conversation_id": "conv_5c7d2",
    "role": "visitor",
    "text": "Do you deliver on Saturdays?",
    "at": "2026-03-02T09:59:03Z",
}
BOOKING = {
    "id": "book_31f9",
    "service": "Product demo",
    "starts_at": "2026-03-09T14:00:00+01:00",
    "duration_minutes": 30,
    "name": "Tomás Rivera",
    "email": "tomas.rivera@example.com",
    "conversation_id": "conv_5c7d2",
}
REQUEST = {
    "conversation_id": "conv_5c7d2",
    "text": "I would rather talk to a person, please.",
    "at": "2026-03-02T10:01:40Z",
    "visitor": {
        "id": "vis_19ab",
        "email": "maya.lindqvist@example.com",
        "phone": "+46 70 123 45 67",
    },
}

LEAD_FIELDS = {
    "id": text("The id of the lead."),
    "name": text("The visitor's name, as they wrote it."),
    "email": email("The e-mail address."),
    "phone": text("The phone number, as the visitor wrote it."),
    "company": text("The company that the visitor works for."),
    "message": text("What the visitor asked for."),
    "source": text("Where the lead came from."),
    "status": text("The status, such as NEW or QUALIFIED."),
    "tags": texts("The tags of the lead."),
    "conversation_id": text("The id of the conversation in which it was captured."),
}
CONVERSATION_FIELDS = {
    "id": text("The conversation."),
    "visitor_id": text("The id of the visitor. It is the same in all of their conversations."),
    "page_url": link("The page on which the visitor wrote."),
    "started_at": moment("When the first message came."),
    "message_count": count("How many messages both sides have written."),
}
MESSAGE_FIELDS = {
    "id": text("The id of the message."),
    "conversation_id": text("The id of the conversation."),
    "role": one_of("Who wrote the message.", "visitor", "agent", "assistant"),
    "text": text("The text of the message."),
    "at": moment("When it was written."),
}
BOOKING_FIELDS = {
    "id": text("The id of the booking."),
    "service": text("What was booked."),
    "starts_at": moment("The start, in local time with its offset."),
    "duration_minutes": count("The duration in minutes."),
    "name": text("The name of the person who booked."),
    "email": email("The e-mail address."),
    "conversation_id": text("The id of the conversation in which it was booked."),
}
REQUEST_FIELDS = {
    "conversation_id": text("The id of the conversation."),
    "text": text("The message that asked for it."),
    "at": moment("When the message was written."),
    "visitor": part(
        "The visitor who asked.",
        {
            "id": text("The id of the visitor."),
            "email": email("The e-mail address, if it is known."),
        },
    ),
}

LEAD_SUMMARY = ("name", "email", "phone")
CONVERSATION_SUMMARY = ("visitor_id", "page_url")
MESSAGE_SUMMARY = ("text",)
REQUEST_SUMMARY = ("text", "visitor.email")

EVENT_TYPES = (
    described(
        "conversation.started",
        "Conversation started",
        "A visitor wrote a first message.",
        GROUP,
        CONVERSATION | {"message_count": 1},
        CONVERSATION_FIELDS,
        summary=CONVERSATION_SUMMARY,
    ),
    described(
        "conversation.ended",
        "Conversation ended",
        "Nobody wrote for half an hour.",
        GROUP,
        CONVERSATION | {"ended_at": "2026-03-02T10:34:55Z"},
        CONVERSATION_FIELDS | {"ended_at": moment("When the conversation ended.")},
        summary=CONVERSATION_SUMMARY,
    ),
    described(
        "conversation.resolved",
        "Conversation resolved",
        "A conversation was marked as resolved.",
        GROUP,
        CONVERSATION | {"resolved_at": "2026-03-02T10:20:00Z", "resolved_by": "agent_12"},
        CONVERSATION_FIELDS
        | {
            "resolved_at": moment("When it was marked."),
            "resolved_by": text("Who marked it."),
        },
        summary=CONVERSATION_SUMMARY,
    ),
    described(
        "message.received",
        "Message received",
        "A visitor's message was answered by the AI.",
        GROUP,
        MESSAGE
        | {
            "reply": "Yes, between 9 and 13 o'clock.",
            "reply_id": "msgin_77e1",
            "reply_at": "2026-03-02T09:59:05Z",
        },
        MESSAGE_FIELDS
        | {
            "reply": text("The answer of the AI."),
            "reply_id": text("The platform's id of the answer."),
            "reply_at": moment("When it was written."),
        },
        summary=MESSAGE_SUMMARY,
    ),
    described(
        "message.sent",
        "Message sent",
        "A message was sent in a conversation or a room.",
        GROUP,
        MESSAGE | {"role": "agent", "text": "Your parcel leaves today."},
        MESSAGE_FIELDS,
        summary=MESSAGE_SUMMARY,
    ),
    described(
        "lead.captured",
        "Lead captured",
        "A visitor left contact details.",
        GROUP,
        LEAD | {"captured": ["maya.lindqvist@example.com", "+46 70 123 45 67"]},
        LEAD_FIELDS | {"captured": texts("The contact details that are new.")},
        summary=LEAD_SUMMARY,
    ),
    described(
        "lead.updated",
        "Lead updated",
        "The details or the status of a lead changed.",
        GROUP,
        LEAD | {"status": "QUALIFIED", "changed": ["status"]},
        LEAD_FIELDS | {"changed": texts("The names of the fields that changed.")},
        summary=LEAD_SUMMARY,
    ),
    described(
        "booking.confirmed",
        "Booking confirmed",
        "A visitor booked a time and it was confirmed.",
        GROUP,
        BOOKING,
        BOOKING_FIELDS,
        summary=("name", "service", "starts_at"),
    ),
    described(
        "escalation.requested",
        "Escalation requested",
        "A visitor asked for a human.",
        GROUP,
        REQUEST,
        REQUEST_FIELDS,
        required=["conversation_id"],
        summary=REQUEST_SUMMARY,
    ),
    described(
        "appointment.requested",
        "Appointment requested",
        "A visitor asked for an appointment.",
        GROUP,
        REQUEST | {"text": "Could we meet on Thursday afternoon?"},
        REQUEST_FIELDS,
        required=["conversation_id"],
        summary=REQUEST_SUMMARY,
    ),
)
