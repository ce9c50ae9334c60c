"""The audit log as a file: everything that matches, and nothing that a spreadsheet would run."""

import csv
import io
import json
from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.lib.csv_file import safe
from webhooks_app.models import AuditEntry, Organisation
from webhooks_app.organisations import audit_log, audit_search
from webhooks_app.organisations.audit_log import Target
from webhooks_app.web.audit_columns import COLUMNS

FORMULA_STARTS = "=+-@\t\r\n"


def add(organisation: Organisation, *names: str) -> None:
    for name in names:
        audit_log.record(db.session(), "webhook.created", Target(organisation.id, "whk_1", name))
    db.session.commit()


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_all_batches_are_in_it_newest_first(
    owner: Person, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "BATCH", 2)
    add(organisation, *(f"number-{number}" for number in range(5)))
    response = owner.get("/audit-log/export.csv")
    assert response.mimetype == "text/csv"
    assert "audit-log.csv" in response.headers["Content-Disposition"]
    found = rows(response.text)
    assert tuple(found[0]) == tuple(COLUMNS)
    names = [row["target"] for row in found if row["action"] == "webhook.created"]
    made = select(AuditEntry.target_name).where(AuditEntry.action == "webhook.created")
    assert len(names) == 5
    assert names == db.session.scalars(made.order_by(AuditEntry.id.desc())).all()


def test_programs_get_a_json_object_a_line(owner: Person, organisation: Organisation) -> None:
    add(organisation, "=1+1")
    answer = owner.get("/audit-log/export.ndjson", target="1+1")
    assert answer.mimetype == "application/x-ndjson"
    [line] = map(json.loads, answer.text.splitlines())
    assert (line["target"], line["details"]) == ("=1+1", None)
    page = owner.get("/audit-log/", target="1+1").text
    assert 'href="/audit-log/export.ndjson?target=1%2B1"' in page


def test_it_holds_what_the_filters_mean(owner: Person, organisation: Organisation) -> None:
    add(organisation, "Apples", "Pears")
    found = rows(owner.get("/audit-log/export.csv", target="pear").text)
    assert [row["target"] for row in found] == ["Pears"]


def test_no_transaction_is_open_between_two_batches(
    app: Flask, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "BATCH", 1)
    add(organisation, "a", "b", "c")
    db.session.remove()
    for _ in audit_search.walk(db.engine, organisation.id, audit_search.AuditFilters()):
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_what_others_did_is_not_in_it(
    owner: Person, organisation: Organisation, person: Callable[..., Person]
) -> None:
    add(factories.organisation("Elsewhere"), "Theirs")
    add(organisation, "Ours")
    text = owner.get("/audit-log/export.csv").text
    assert "Ours" in text
    assert "Theirs" not in text
    assert person("viewer", organisation).get("/audit-log/export.csv").status_code == 403


@given(st.text(max_size=30))
def test_no_cell_is_a_formula_and_each_is_read_back(text: str) -> None:
    cell = safe(text)
    assert not cell.startswith(tuple(FORMULA_STARTS))
    assert cell in (text, f"'{text}")


@pytest.mark.parametrize("start", list(FORMULA_STARTS))
def test_a_name_that_looks_like_a_formula_is_text(start: str) -> None:
    assert safe(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


def test_a_formula_in_a_name_is_text_in_the_file(owner: Person, organisation: Organisation) -> None:
    add(organisation, '=HYPERLINK("https://evil.example","Click")')
    [row] = rows(owner.get("/audit-log/export.csv", target="evil").text)
    assert row["target"].startswith("'=HYPERLINK")
