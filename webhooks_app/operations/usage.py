"""What organisations used in a month, for bills."""

import re
from collections.abc import Iterator
from datetime import date

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webhooks_app.lib.csv_file import csv_lines
from webhooks_app.models import Organisation, Usage

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
COLUMNS = (
    "month",
    "organisation_id",
    "organisation",
    "plan",
    "mode",
    "events",
    "deliveries",
    "attempts",
)


class NoMonth(ValueError):
    """The text is not a month."""


class Used(msgspec.Struct, frozen=True):
    """One organisation in one mode.

    Name and plan are the current ones, empty for a deleted organisation.
    """

    month: str
    organisation_id: str
    organisation: str
    plan: str
    mode: str
    events: int
    deliveries: int
    attempts: int


def month_of(text: str) -> date:
    """The first day of a month such as `2026-11`. Raises `NoMonth` with a sentence."""
    found = MONTH.fullmatch(text)
    if found is None:
        raise NoMonth(f"{text!r} is not a month; write it as 2026-11")
    return date(int(found[1]), int(found[2]), 1)


def text_of(month: date) -> str:
    return f"{month:%Y-%m}"


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def previous_month(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def used_in(session: Session, month: date) -> list[Used]:
    """The organisations that used anything, the busiest first."""
    sums = [func.sum(column) for column in (Usage.events, Usage.deliveries, Usage.attempts)]
    rows = session.execute(
        select(Usage.organisation_id, Usage.mode, Organisation.name, Organisation.plan, *sums)
        .join(Organisation, Organisation.id == Usage.organisation_id, isouter=True)
        .where(Usage.day >= month, Usage.day < next_month(month))
        .group_by(Usage.organisation_id, Usage.mode, Organisation.name, Organisation.plan)
        .order_by(sums[0].desc(), Usage.organisation_id, Usage.mode)
    )
    return [
        Used(text_of(month), organisation_id, name or "", plan or "", mode, *map(int, counts))
        for organisation_id, mode, name, plan, *counts in rows
    ]


def as_csv(rows: list[Used]) -> Iterator[str]:
    """For spreadsheets."""
    return csv_lines(COLUMNS, [[[str(getattr(row, name)) for name in COLUMNS] for row in rows]])


def as_json(rows: list[Used]) -> str:
    return msgspec.json.format(msgspec.json.encode(rows)).decode()
