"""A month of usage: as a command, a page and files."""

import csv
import io
import json
from datetime import date

import pytest
from flask import Flask

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.models import Organisation, Usage
from webhooks_app.operations import usage

DAYS = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1)]


@pytest.fixture
def used(app: Flask) -> Organisation:
    return some_usage()


def some_usage() -> Organisation:
    """Of an organisation whose name is a formula, and of a deleted one."""
    organisation = factories.organisation("=Acme")
    for number, day in enumerate(DAYS):
        for mode in ("live", "test"):
            counts = {"events": 10**number, "deliveries": 2 * 10**number, "attempts": 3}
            db.session.add(Usage(day=day, organisation_id=organisation.id, mode=mode, **counts))
    gone = {"events": 5, "deliveries": 0, "attempts": 0}
    db.session.add(Usage(day=DAYS[1], organisation_id="org_gone", mode="live", **gone))
    db.session.commit()
    return organisation


def lines(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))))


def test_a_month_is_what_its_days_add_up_to(app: Flask, used: Organisation) -> None:
    printed = app.test_cli_runner().invoke(args=["usage", "--month", "2026-11"])
    assert printed.exit_code == 0
    assert lines(printed.stdout) == [
        list(usage.COLUMNS),
        ["2026-11", used.id, "'=Acme", "self_hosted", "live", "110", "220", "6"],
        ["2026-11", used.id, "'=Acme", "self_hosted", "test", "110", "220", "6"],
        ["2026-11", "org_gone", "", "", "live", "5", "0", "0"],
    ]


def test_the_same_as_json(app: Flask, used: Organisation) -> None:
    arguments = ["usage", "--month", "2026-12", "--format", "json"]
    printed = app.test_cli_runner().invoke(args=arguments)
    assert [(one["mode"], one["events"]) for one in json.loads(printed.stdout)] == [
        *(("live", 1000), ("test", 1000)),
    ]


@pytest.mark.parametrize("month", ["2026", "2026-13", "November", "2026-1", "1999-01", ""])
def test_what_is_no_month_is_refused_in_a_sentence(app: Flask, month: str) -> None:
    printed = app.test_cli_runner().invoke(args=["usage", "--month", month])
    if month == "":
        assert printed.exit_code == 0  # the current one
    else:
        assert printed.exit_code == 2
        assert "write it as 2026-11" in printed.output


@pytest.mark.parametrize(
    ("month", "before", "after"),
    [
        ("2026-11", "2026-10", "2026-12"),
        ("2026-12", "2026-11", "2027-01"),
        ("2026-01", "2025-12", "2026-02"),
    ],
)
def test_months_follow_one_another(month: str, before: str, after: str) -> None:
    first = usage.month_of(month)
    assert usage.text_of(usage.previous_month(first)) == before
    assert usage.text_of(usage.next_month(first)) == after
