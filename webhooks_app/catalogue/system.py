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
        {"conversations": 42, "messages": 318, "leads": 7},
    ),
)
