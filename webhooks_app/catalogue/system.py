"""What Hookline itself sends."""

from webhooks_app.catalogue.schema import count, described, moment, one_of, part, text
from webhooks_app.vocabulary import Frequency

DIGEST = "action.digest"
PING = "webhook.ping"

COUNTS = {
    "conversations": count("How many conversations started."),
    "messages": count("How many messages were written."),
    "leads": count("How many leads were captured."),
    "bookings": count("How many bookings were confirmed."),
}

EVENT_TYPES = (
    described(
        PING,
        "Ping",
        "Sent when a webhook is created or its URL changes, to show that requests arrive.",
        "System",
        {"message": "It works. This request has a real signature."},
        {"message": text("A sentence for people.")},
        required=["message"],
        summary=("message",),
    ),
    described(
        DIGEST,
        "Digest",
        "A summary of a period, by e-mail.",
        "System",
        {
            "organisation": "Acme",
            "action": "Daily digest",
            "scope": None,
            "frequency": "daily",
            "time_zone": "Europe/London",
            "start": "2026-03-01T09:00:00.000Z",
            "end": "2026-03-02T09:00:00.000Z",
            "conversations": 42,
            "messages": 318,
            "leads": 7,
            "bookings": 3,
            "before": {"conversations": 36, "messages": 301, "leads": 9, "bookings": 3},
            "recent_leads": [
                {
                    "name": "Maya Lindqvist",
                    "email": "maya.lindqvist@example.com",
                    "phone": "+46 70 123 45 67",
                    "company": "Norrsken Bygg AB",
                    "at": "2026-03-02T08:12:40.000Z",
                }
            ],
        },
        {
            "organisation": text("The organisation."),
            "action": text("The name of the action that sends it."),
            "scope": {
                "type": ["object", "null"],
                "description": "The only chatbot, room or space that it covers; null for all.",
            },
            "frequency": one_of("How often it is sent.", *Frequency),
            "time_zone": text("The time zone of its times, by IANA name."),
            "start": moment("The end of the previous period."),
            "end": moment("The end of this period, exclusive."),
            **COUNTS,
            "before": part("The same counts for the previous period of equal length.", COUNTS),
            "recent_leads": {
                "type": "array",
                "description": "The latest 20, newest first.",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": text("The name. Unknown fields are empty."),
                        "email": text("An e-mail address."),
                        "phone": text("The phone number, as the visitor wrote it."),
                        "company": text("The company that they work for."),
                        "at": moment("When it was captured."),
                    },
                },
            },
        },
        required=["start", "end", "conversations", "messages", "leads"],
        summary=("action", "frequency"),
    ),
)
