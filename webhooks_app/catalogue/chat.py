"""What happens in a chatbot."""

from webhooks_app.catalogue.event_type import EventType

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

EVENT_TYPES = (
    EventType(
        "conversation.started",
        "Conversation started",
        "A visitor wrote a first message.",
        GROUP,
        CONVERSATION | {"message_count": 1},
    ),
    EventType(
        "conversation.ended",
        "Conversation ended",
        "Nobody wrote for half an hour.",
        GROUP,
        CONVERSATION | {"ended_at": "2026-03-02T10:34:55Z"},
    ),
    EventType(
        "conversation.resolved",
        "Conversation resolved",
        "A conversation was marked as resolved.",
        GROUP,
        CONVERSATION | {"resolved_at": "2026-03-02T10:20:00Z", "resolved_by": "agent_12"},
    ),
    EventType(
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
    ),
    EventType(
        "message.sent",
        "Message sent",
        "A message was sent in a conversation or a room.",
        GROUP,
        MESSAGE | {"role": "agent", "text": "Your parcel leaves today."},
    ),
    EventType(
        "lead.captured",
        "Lead captured",
        "A visitor left contact details.",
        GROUP,
        LEAD | {"captured": ["maya.lindqvist@example.com", "+46 70 123 45 67"]},
    ),
    EventType(
        "lead.updated",
        "Lead updated",
        "The details or the status of a lead changed.",
        GROUP,
        LEAD | {"status": "QUALIFIED", "changed": ["status"]},
    ),
    EventType(
        "booking.confirmed",
        "Booking confirmed",
        "A visitor booked a time and it was confirmed.",
        GROUP,
        BOOKING,
    ),
    EventType(
        "escalation.requested",
        "Escalation requested",
        "A visitor asked for a human.",
        GROUP,
        REQUEST,
    ),
    EventType(
        "appointment.requested",
        "Appointment requested",
        "A visitor asked for an appointment.",
        GROUP,
        REQUEST | {"text": "Could we meet on Thursday afternoon?"},
    ),
)
