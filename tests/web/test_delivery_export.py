"""Deliveries as files: all that the filters mean, and nothing that a spreadsheet would run."""

import csv
import io
import json
from dataclasses import replace

import pytest
from flask import Flask

from tests import factories
from tests.support.open_deliveries import arrange
from tests.web.conftest import Person
from webhooks_app.deliveries import log
from webhooks_app.extensions import db
from webhooks_app.lib.room import Room
from webhooks_app.models import Delivery, Organisation
from webhooks_app.parts import SLOT, parts_of

URL = "https://receiver.example/hook"


@pytest.fixture
def deliveries(organisation: Organisation) -> list[str]:
    """The ids of five, newest first; the oldest failed."""
    factories.webhook(organisation, URL, name="=cmd|'/c calc'!A1")
    for number in range(5):
        data = json.dumps({"name": f"+{number}", "email": "ada@example.com"})
        factories.accepted(organisation, factories.lead(data=data))
    rows = db.session.query(Delivery).order_by(Delivery.id.desc()).all()
    arrange(rows[-1].id, status="failed", error="It broke")
    return [row.id for row in rows]


def table(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_all_batches_are_in_both(
    owner: Person, deliveries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "BATCH", 2)
    answer = owner.get("/deliveries/export.csv")
    assert answer.mimetype == "text/csv"
    assert "deliveries.csv" in answer.headers["Content-Disposition"]
    assert [row["id"] for row in table(answer.text)] == deliveries
    lines = owner.get("/deliveries/export.ndjson").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == deliveries


def test_they_hold_what_the_filters_mean(owner: Person, deliveries: list[str]) -> None:
    [row] = table(owner.get("/deliveries/export.csv", status="failed").text)
    assert (row["id"], row["error"], row["event_type"]) == (
        deliveries[-1],
        "It broke",
        "lead.captured",
    )
    [line] = owner.get("/deliveries/export.ndjson", text="+3").text.splitlines()
    said = json.loads(line)
    assert (said["event_summary"], said["status_code"], said["attempts"]) == (
        "+3 · ada@example.com",
        None,
        0,
    )


def test_where_too_many_run_the_page_says_so(
    app: Flask, owner: Person, deliveries: list[str], organisation: Organisation
) -> None:
    app.extensions[SLOT] = replace(parts_of(app), exports=Room(1))
    with parts_of(app).exports.place(organisation.id):
        answer = owner.get("/deliveries/export.csv")
    assert answer.status_code == 429
    assert "Too many exports run at once. Try again when one has ended" in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert owner.get("/deliveries/export.csv").status_code == 200


def test_a_spreadsheet_runs_none_of_it(owner: Person, deliveries: list[str]) -> None:
    for row in table(owner.get("/deliveries/export.csv").text):
        assert row["subscription"] == "'=cmd|'/c calc'!A1"
        assert row["event_summary"].startswith("'+")


def test_the_page_leads_to_both_with_its_filters(owner: Person, deliveries: list[str]) -> None:
    page = owner.get("/deliveries/", status="failed").text
    for kind in ("csv", "ndjson"):
        assert f'href="/deliveries/export.{kind}?status=failed"' in page
    assert 'aria-label="Remove the filter State"' in page
