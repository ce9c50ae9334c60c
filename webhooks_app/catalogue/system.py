"""What Hookline itself sends."""

from webhooks_app.catalogue.schema import count, described, text

EVENT_TYPES = (
    described(
        "webhook.ping",
        "Ping",
        "Sent when a webhook is saved, to show that it arrives.",
        "System",
        {"message": "It works. The signature of this request is real."},
        {"message": text("For whoever reads it.")},
        required=["message"],
    ),
    described(
        "action.digest",
        "Digest",
        "A summary of a period, by e-mail.",
        "System",
        {"conversations": 42, "messages": 318, "leads": 7},
        {
            "conversations": count("How many began."),
            "messages": count("How many were written."),
            "leads": count("How many were captured."),
        },
        required=["conversations", "messages", "leads"],
    ),
)
