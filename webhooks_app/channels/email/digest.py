"""A digest in words for people, from the data of its event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

NONE = "–"
LABELS = {
    "conversations": "Conversations",
    "messages": "Messages",
    "leads": "Leads captured",
    "bookings": "Bookings",
}
LEAD_COLUMNS = ("Name", "E-mail", "Phone", "Company", "When")
WIDEST = 40
# A day with an extra hour, when clocks are put back.
LONGEST_DAY = timedelta(hours=25)
PART_OF_A_DAY = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Count:
    label: str
    now: int
    before: int

    @property
    def change(self) -> str:
        """`+3 (+33 %)`; without a percentage when there was nothing before."""
        by = self.now - self.before
        if by == 0:
            return "no change"
        more = f"{by:+,}" if not self.before else f"{by:+,} ({by / self.before:+.0%})"
        return more.replace("-", "−").replace("%", "\N{NO-BREAK SPACE}%")


@dataclass(frozen=True, slots=True)
class Lead:
    name: str
    email: str
    phone: str
    company: str
    at: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What the templates in `templates/email/digest` show; all times are words.

    `label` names the period in the subject; `period` names it in full.
    """

    organisation: str
    action: str
    about: str
    label: str
    period: str
    time_zone: str
    counts: Sequence[Count]
    leads: Sequence[Lead]
    more_leads: int

    @property
    def headline(self) -> str:
        """`12 conversations, 3 leads`."""
        found = {count.label: count.now for count in self.counts}
        conversations, leads = (found[LABELS[name]] for name in ("conversations", "leads"))
        return f"{_counted(conversations, 'conversation')}, {_counted(leads, 'lead')}"

    @property
    def count_lines(self) -> list[str]:
        rows = [(c.label, f"{c.now:,}", f"{c.before:,}", c.change) for c in self.counts]
        return _table([("", "Now", "Before", "Change"), *rows], right={1, 2})

    @property
    def lead_lines(self) -> list[str]:
        rows = [(one.name, one.email, one.phone, one.company, one.at) for one in self.leads]
        return _table([LEAD_COLUMNS, *rows])


def summary_of(data: Mapping[str, Any]) -> Summary:
    """From the `data` of an `action.digest` event (see `digests.content`)."""
    zone = ZoneInfo(data["time_zone"])
    start, end = (_local(data[name], zone) for name in ("start", "end"))
    leads = [
        Lead(
            **{name: lead[name] or NONE for name in ("name", "email", "phone", "company")},
            at=_moment(_local(lead["at"], zone)),
        )
        for lead in data["recent_leads"]
    ]
    scope = data["scope"]
    return Summary(
        organisation=data["organisation"],
        action=data["action"],
        about=f"{scope['type']} {scope['id']}" if scope else "",
        label=_label(start, end),
        period=f"{_moment(start)} – {_moment(end)}",
        time_zone=zone.key,
        counts=[Count(label, data[key], data["before"][key]) for key, label in LABELS.items()],
        leads=leads,
        more_leads=data["leads"] - len(leads),
    )


def _local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).astimezone(zone)


def _label(start: datetime, end: datetime) -> str:
    """`Mon 16 Nov`: its last day, with hours for a part of a day, or its first and last day."""
    length = end.astimezone(UTC) - start.astimezone(UTC)  # else it subtracts wall-clock times
    last = _day(end - timedelta(microseconds=1))
    if length < PART_OF_A_DAY:
        return f"{last}, {start:%H:%M}–{end:%H:%M}"
    return last if length <= LONGEST_DAY else f"{_day(start)} – {last}"


def _day(moment: datetime) -> str:
    return f"{moment:%a} {moment.day} {moment:%b}"


def _moment(moment: datetime) -> str:
    return f"{_day(moment)}, {moment:%H:%M}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _table(rows: Sequence[Sequence[str]], right: set[int] | None = None) -> list[str]:
    """Lines with columns as wide as their content."""
    cut = [[_cut(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cut, strict=True)]

    def cells(row: Sequence[str]) -> Iterator[str]:
        for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
            yield cell.rjust(width) if index in (right or ()) else cell.ljust(width)

    return ["  ".join(cells(row)).rstrip() for row in cut]


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
