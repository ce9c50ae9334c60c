"""Durations, schedules and browsers in words."""

from collections.abc import Iterable

from msgspec import to_builtins

from webhooks_app.channels.retry_policy import RetryPolicy, timeline
from webhooks_app.digests.schedule import STEP_HOURS, parse_schedule
from webhooks_app.events.seen_subjects import SeenSubject
from webhooks_app.subscriptions.spec import META, ScheduleMembers, Spec, member_names
from webhooks_app.vocabulary import Frequency
from webhooks_app.web.forms.bindings import number

UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
FREQUENCIES = {
    Frequency.HOURLY: "every hour",
    Frequency.EVERY_4_HOURS: "every 4 hours",
    Frequency.EVERY_6_HOURS: "every 6 hours",
    Frequency.DAILY: "every day",
    Frequency.EVERY_2_DAYS: "every 2 days",
    Frequency.WEEKLY: "every week",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Browsers that also use another's name come before it.
BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}
# Members that a subscription's page shows in its own words.
IN_OWN_WORDS = frozenset(
    (
        "name",
        "description",
        "url",
        "event_types",
        "scope",
        "conditions",
        "match",
        "changed_fields",
        "wire_format",
        "retry_policy",
        "failure_mail",
        "headers",
        "enabled",
        "email_to",
        "email_subject",
        "schedule",
    )
)


def duration(seconds: float) -> str:
    """The two largest non-zero units: `1 min`, `2 h 36 min`, `250 ms`."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    left, parts = round(seconds), []
    for size, name in UNITS:
        if count := left // size:
            parts.append(f"{count} {name}")
            left -= count * size
    return " ".join(parts[:2])


def retry_moments(policy: RetryPolicy) -> list[str]:
    """When each retry is made, after the first attempt."""
    return [duration(moment) for moment in timeline(policy)[1:]]


def schedule(asked: ScheduleMembers, default_zone: str) -> str:
    """`every week on Thursday at 09:00 (Europe/Berlin)`."""
    of = parse_schedule(to_builtins(asked), default_zone)
    day = f" on {WEEKDAYS[of.weekday]}" if of.frequency == Frequency.WEEKLY else ""
    hour = "" if of.frequency == Frequency.HOURLY else f"{of.hour:02}:00"
    at = " counted from " if of.frequency in STEP_HOURS else " at "
    return f"{FREQUENCIES[of.frequency]}{day}{hour and at + hour} ({of.zone.key})"


def others_in_words(spec: Spec) -> list[tuple[str, list[str]]]:
    """Title and lines of every member without its own words on the page."""
    return [
        (META[name].title or name, _lines(value, (META[name].extra or {}).get("unit", "")))
        for name in member_names(type(spec))
        if name not in IN_OWN_WORDS and (value := getattr(spec, name)) not in (None, (), {})
    ]


def _lines(value: object, unit: str) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}: {text}" for name, text in value.items()]
    return [f"{number(value) if isinstance(value, float) else value} {unit}".strip()]


def browser(user_agent: str) -> str:
    """`Firefox on Windows`; the unchanged header for an unknown browser."""
    name = next((said for sign, said in BROWSERS.items() if sign in user_agent), None)
    system = next((said for sign, said in SYSTEMS.items() if sign in user_agent), None)
    return f"{name} on {system}" if name and system else user_agent


def named_subjects(seen: Iterable[SeenSubject], chosen: str) -> list[tuple[str, str]]:
    """Id and words of each, for a choice; also of the one that is chosen but was not seen."""
    named = [(one.id, f"{one.type} {one.name}") for one in seen]
    unseen = chosen and chosen not in {id_ for id_, _ in named}
    return [*named, (chosen, chosen)] if unseen else named
