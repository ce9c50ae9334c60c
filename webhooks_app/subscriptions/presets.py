"""Presets for people who know one of the five systems: how it sends and retries."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset.

    `retry_policy` is a name in `channels.retry_policy`. `timeout` is in seconds, None if the
    document names none. `failure_mail`: failures are reported by mail, and not only in the
    dashboard.
    """

    name: str
    label: str
    wire_format: str
    retry_policy: str
    sentence: str
    timeout: float | None = None
    failure_mail: bool = True


PRESETS = (
    Preset(
        "standard",
        "Standard Webhooks",
        "standard",
        "pivot",
        "The open standard, with ready-made libraries in most languages: the best choice for a "
        "new receiver.",
    ),
    Preset(
        "pivra",
        "Pivra",
        "pivra",
        "pivra",
        "For a receiver written for Pivra's Actions: X-Pivra-Signature-256, four retries within "
        "three hours; failures appear in the dashboard.",
        failure_mail=False,
    ),
    Preset(
        "pivotal",
        "Pivotal",
        "pivotal",
        "pivotal",
        "For a receiver written for Pivotal: pivotal-signature with a timestamp, retries for a day "
        "when a server fails or does not answer.",
    ),
    Preset(
        "pollybot",
        "Pollybot",
        "pollybot",
        "pollybot",
        "For a receiver written for Pollybot: names such as LEAD_CREATED, X-Webhook-Signature, "
        "three "
        "quick retries.",
    ),
    Preset(
        "pivot",
        "Pivot",
        "pivot",
        "pivot",
        "For a receiver written for Pivot: X-Pivot-Signature, the room or space in the body, five "
        "retries within fifteen hours, 15 seconds to answer, a mail to admins at the end.",
        timeout=15.0,
    ),
    Preset(
        "inqyra",
        "Inqyra",
        "inqyra",
        "inqyra",
        "For a receiver written for Inqyra: event, timestamp and data, three retries within "
        "forty minutes.",
    ),
)
