"""A test with data of one's own: where it starts, what is refused, and what is sent."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests import factories
from tests.support.receiver import Receiver
from tests.web.conftest import Person
from webhooks_app.catalogue import event_type
from webhooks_app.extensions import db
from webhooks_app.lib import json_text
from webhooks_app.models import Delivery, Event, Organisation, Subscription
from webhooks_app.subscriptions import test_delivery

HTMX = {"HX-Request": "true"}


@pytest.fixture
def row(organisation: Organisation, receiver: Receiver) -> Subscription:
    types = ["lead.updated", "lead.captured"]
    return factories.webhook(organisation, receiver.url, name="CRM", event_types=types)


def path(row: Subscription) -> str:
    return f"/{row.kind}s/{row.id}/test-with-data"


def data_in(page: str) -> str:
    found = re.search(r"<textarea[^>]* name=\"data\"[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found
    return html.unescape(found[1]).strip()


def chosen(page: str, name: str) -> str:
    options = page.partition(f'name="{name}"')[2].partition("</select>")[0]
    return str(re.findall(r'<option selected value="([^"]*)"', options)[0])


def typed(**more: Any) -> dict[str, Any]:
    return {"event_type": "lead.captured", "start": "sample", "data": '{"name": "Me"}'} | more


def test_the_logs_lead_to_it_and_it_begins_with_the_sample(
    owner: Person, row: Subscription
) -> None:
    assert f'href="{path(row)}"' in owner.get(f"/webhooks/{row.id}/logs").text
    page = owner.get(path(row)).text
    assert chosen(page, "event_type") == "lead.updated"
    kind = event_type("lead.updated")
    assert kind
    assert data_in(page) == json_text.indented(kind.sample)


def test_it_begins_with_a_recent_event_of_the_chosen_type(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    made = factories.accepted(organisation, factories.lead(data='{"name": "Grace", "n": 1.10}'))[0]
    page = owner.get(path(row), event_type="lead.captured", start=made.id).text
    assert (chosen(page, "event_type"), chosen(page, "start")) == ("lead.captured", made.id)
    assert data_in(page) == '{\n  "name": "Grace",\n  "n": 1.10\n}'
    assert ">Grace</option>" in page
    # An event of another type, of another organisation, or none: the sample.
    for start in (made.id, "evt_none"):
        assert "Grace" not in data_in(
            owner.get(path(row), event_type="lead.updated", start=start).text
        )


def test_nobody_elses_event_is_shown(
    owner: Person, row: Subscription, person: Callable[..., Person]
) -> None:
    others = factories.organisation("Others")
    theirs = factories.accepted(others, factories.lead(data='{"name": "Secret"}'))[0]
    assert "Secret" not in owner.get(path(row), event_type="lead.captured", start=theirs.id).text


def test_it_is_sent_as_typed_and_leads_to_its_delivery(
    owner: Person, row: Subscription, receiver: Receiver, drain: Callable[[], None]
) -> None:
    owner.get(path(row))
    sent = owner.post(path(row), **typed(data='{"name":   "Me", "n": 1.10}'))
    assert sent.status_code == 302
    assert "/deliveries/msg_" in sent.location
    drain()
    assert b'{"name":   "Me", "n": 1.10}' in receiver.received[0].body
    assert db.session.scalars(db.select(Delivery.trigger)).all() == ["test"]
    assert db.session.scalars(db.select(Event.type)).all() == ["lead.captured"]


def test_it_is_about_the_one_that_the_event_was_about(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    """Whoever erases a person's data reaches this copy of it, too."""
    visitor = ("visitor", "vis_1")
    made = factories.accepted(organisation, factories.lead(subject=visitor))[0]
    owner.get(path(row))
    for start, name in ((made.id, "lead.captured"), (made.id, "lead.updated"), ("sample",) * 2):
        owner.post(path(row), **typed(start=start, event_type=name))
    tests = db.session.query(Event).filter_by(origin="test")
    subjects = {one.type: (one.subject_type, one.subject_id) for one in tests}
    assert subjects["lead.captured"] == visitor
    assert subjects["lead.updated"] != visitor


def test_too_many_in_a_minute_are_refused_with_a_sentence(
    owner: Person, row: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_delivery, "OWN_DATA", "0 per minute")
    owner.get(path(row))
    refused = owner.post(path(row), **typed())
    assert refused.status_code == 429
    said = "An organisation can send 0 tests with data of its own a minute. Try again in"
    assert said in refused.text
    assert refused.headers["X-Reason"].startswith(said)
    assert db.session.query(Delivery).count() == 0


def test_in_the_drawer_the_result_is_below_the_form(owner: Person, row: Subscription) -> None:
    owner.get(path(row))
    form = typed(csrf_token=owner.token)
    headers = HTMX | {"HX-Request-Type": "full"}  # it selects a part
    page = owner.client.post(path(row), data=form, headers=headers)
    assert page.status_code == 200
    assert re.search(r'class="own-tested".*hx-get="[^"]+/outcome"', page.text, re.DOTALL)
    assert data_in(page.text) == '{"name": "Me"}'


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_wrong_json_is_marked_and_kept(
    owner: Person, row: Subscription, headers: dict[str, str]
) -> None:
    owner.get(path(row))
    wrong = '{\r\n  "name": "Me"\r\n  "n": 1\r\n}'
    form = typed(csrf_token=owner.token, data=wrong)
    page = owner.client.post(path(row), data=form, headers=headers)
    assert page.status_code == 422
    assert "Line 3, column 3: A comma is missing here." in page.text
    assert re.search(r"<textarea[^>]* aria-invalid=\"true\"", page.text)
    assert data_in(page.text).splitlines() == wrong.splitlines()
    for other in ({"data": "[1]"}, {"data": ""}, {"data": '{"a": "' + "x" * 2**18 + '"}'}):
        assert owner.post(path(row), **typed(**other)).status_code == 422
    assert owner.post(path(row), **typed(event_type="customer.created")).status_code == 422
    assert db.session.query(Delivery).count() == 0


def test_without_scripts_a_button_fills_in_the_start(owner: Person, row: Subscription) -> None:
    owner.get(path(row))
    page = owner.post(path(row), **typed(data="{", show_start="Show")).text
    assert chosen(page, "event_type") == "lead.captured"
    assert '"email"' in data_in(page)
    assert db.session.query(Delivery).count() == 0


def test_what_cannot_be_tested_says_why(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    own = factories.webhook(organisation, row.url, event_types=["subscription.created"])
    refused = owner.get(path(own))
    assert (refused.status_code, "Hookline makes the data" in refused.text) == (409, True)
    digest = factories.action(
        organisation,
        "",
        channel="email",
        email_to=["owner@people.example"],
        event_types=["action.digest"],
        schedule={"frequency": "daily", "hour": 9},
    )
    refused = owner.get(path(digest))
    assert (refused.status_code, "Press Test" in refused.text) == (409, True)
    assert "test-with-data" not in owner.get(f"/actions/{digest.id}/logs").text
    owner.get(f"/webhooks/{row.id}")
    owner.post(f"/webhooks/{row.id}/toggle", enabled="0")
    assert "This webhook is off. Switch it on to send a test." in owner.get(path(row)).text
    assert owner.post(path(row), **typed()).status_code == 409
    assert db.session.query(Delivery).count() == 0
