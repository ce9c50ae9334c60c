"""Filters and files of events."""

import csv
import io
import json

import pytest

from tests import factories
from tests.web.conftest import Person
from webhooks_app.events import stream
from webhooks_app.events.filters import EventFilters
from webhooks_app.extensions import db
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Delivery, Organisation

ADA = {"name": "Ada", "email": "ada@example.com", "score": 12345678901234567890, "plan": "growth"}
BOB = {"name": "=Bob", "email": "bob@example.com", "note": "growth"}


@pytest.fixture
def ids(organisation: Organisation) -> dict[str, str]:
    """The ids of Ada's and Bob's events."""
    factories.webhook(organisation, "https://receiver.example/hook")
    [ada] = factories.accepted(organisation, factories.lead(data=json.dumps(ADA)))
    bob = factories.lead(data=json.dumps(BOB), subject=("chatbot", "bot_2"))
    [second] = factories.accepted(organisation, bob)
    return {"Ada": ada.id, "Bob": second.id}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, {"Ada", "Bob"}),
        ({"text": "ADA@ex"}, {"Ada"}),
        ({"text": "captur"}, {"Ada", "Bob"}),
        ({"text": "nobody"}, set()),
        ({"field": "email: bob@"}, {"Bob"}),
        ({"field": "lead.email: bob@"}, {"Bob"}),
        ({"field": "plan: growth"}, {"Ada"}),
        ({"subject": "bot_2"}, {"Bob"}),
        ({"type": "lead.captured"}, {"Ada", "Bob"}),
        ({"type": "lead.updated"}, set()),
        ({"window": "1h"}, {"Ada", "Bob"}),
        ({"until": "2020-01-01T00:00"}, set()),
        ({"since": "2020-01-01T00:00"}, {"Ada", "Bob"}),
    ],
)
def test_a_filter_means_the_same_in_the_list_and_in_the_file(
    owner: Person, ids: dict[str, str], filters: dict[str, str], found: set[str]
) -> None:
    page = owner.get("/events/", **filters).text
    assert {name for name, id_ in ids.items() if f'id="{id_}"' in page} == found
    lines = owner.get("/events/export.ndjson", **filters).text.splitlines()
    assert {json.loads(line)["id"] for line in lines} == {ids[name] for name in found}
    if not found:
        assert "No events match these filters" in page


def test_an_id_finds_its_event(owner: Person, ids: dict[str, str]) -> None:
    page = owner.get("/events/", text=ids["Ada"]).text
    assert f'id="{ids["Ada"]}"' in page
    assert f'id="{ids["Bob"]}"' not in page


@pytest.mark.parametrize(
    "wrong", [{"field": "email"}, {"field": ": x"}, {"window": "1y"}, {"since": "soon"}]
)
def test_a_filter_that_means_nothing_is_said(owner: Person, wrong: dict[str, str]) -> None:
    answer = owner.get("/events/", **wrong)
    assert answer.status_code == 422
    [name] = wrong
    assert f'role="alert">{name}: ' in answer.text


def test_lines_say_what_happened(owner: Person, ids: dict[str, str]) -> None:
    assert "Ada · ada@example.com" in owner.get("/events/").text


def test_the_choice_offers_the_chatbots_that_were_seen(owner: Person, ids: dict[str, str]) -> None:
    assert '<option value="bot_2">chatbot bot_2</option>' in owner.get("/events/").text


def test_files_have_all_batches_exact_numbers_and_no_formula(
    owner: Person, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BATCH", 1)
    text = owner.get("/events/export.csv").text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["id"] for row in rows] == [ids["Bob"], ids["Ada"]]
    assert rows[0]["summary"] == "'=Bob · bob@example.com"
    assert json.loads(rows[0]["data"]) == BOB
    lines = owner.get("/events/export.ndjson").text.splitlines()
    assert json.loads(lines[1])["data"] == ADA


def test_an_export_reads_little_data_at_once(
    owner: Person, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if events are large."""
    for letters in (10, 2000, 10, 10, 10):
        factories.accepted(organisation, factories.lead(data=json.dumps({"name": "x" * letters})))
    monkeypatch.setattr(stream, "BYTES_AT_ONCE", 100)
    tenant = Tenant(organisation.id, "live")
    batches = list(stream.walk(db.engine, tenant, EventFilters()))
    assert [len(batch) for batch in batches] == [3, 1, 1]
    newest_first = [line.event.id for batch in batches for line in batch]
    assert newest_first == sorted(newest_first, reverse=True)
    assert len(owner.get("/events/export.ndjson").text.splitlines()) == 5


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_indented_data_is_one_line_of_the_file(
    owner: Person, organisation: Organisation, end: str
) -> None:
    data = {"name": "Ada", "note": "one\ntwo", "tags": ["a", "b"]}
    indented = json.dumps(data, indent=2).replace("\n", end)
    factories.accepted(organisation, factories.lead(data=indented))
    [line] = owner.get("/events/export.ndjson").text.splitlines()
    assert json.loads(line)["data"] == data


def test_a_rare_match_far_back_is_found_on_a_further_page(
    owner: Person, organisation: Organisation, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LOOKED_THROUGH", 2)
    page = owner.get("/events/", text="Ada").text
    assert f'id="{ids["Ada"]}"' not in page
    assert "Nothing found yet. Searched the newest 1 events, back to <time" in page
    assert "Search further back" in page
    assert 'hx-trigger="every' not in page
    delivery = db.session.query(Delivery).filter_by(event_id=ids["Ada"]).one()
    for id_ in (ids["Ada"], delivery.id):
        assert f'id="{ids["Ada"]}"' in owner.get("/events/", text=id_).text
    lines = owner.get("/events/export.ndjson", text="Ada").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [ids["Ada"]]
