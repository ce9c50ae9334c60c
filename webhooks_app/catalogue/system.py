"""What Hookline itself sends."""

from webhooks_app.catalogue.event_type import EventType

EVENT_TYPES = (
    EventType(
        "webhook.ping",
        "Ping",
        "Sent when a webhook is saved, to show that it arrives.",
        "System",
        {"message": "It works. The signature of this request is real."},
    ),
    EventType(
        "action.digest",
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
    ),
)
