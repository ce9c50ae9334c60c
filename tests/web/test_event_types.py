"""The catalogue for people, and an organisation's own types in the forms."""

from collections.abc import Callable

import pytest

from tests import factories
from tests.web.conftest import Person
from webhooks_app.catalogue import CATALOGUE
from webhooks_app.extensions import db
from webhooks_app.models import CustomEventType, Organisation
from webhooks_app.web.schema_table import MOST_ROWS, rows_of

FORM = {
    "name": "order.paid",
    "title": "Order paid",
    "description": "A customer paid.",
    "group": "Shop",
    "sample": '{"id": "ord_1"}',
    "schema": '{"properties": {"id": {"type": "string", "description": "The <order>."}}}',
}


def test_every_type_is_listed_and_has_a_page(owner: Person) -> None:
    page = owner.get("/event-types/").text
    for name, kind in CATALOGUE.items():
        assert f'<a href="/event-types/{name}">' in page
        assert kind.description.replace("'", "&#39;") in page
    assert owner.get("/event-types/no.such").status_code == 404


def test_the_page_of_one_says_all_of_it(owner: Person) -> None:
    page = owner.get("/event-types/lead.captured").text
    for way in ("curl", "Command line", "Python", "TypeScript"):
        assert f"<summary>{way}</summary>" in page
    assert "hookline send lead.captured" in page
    assert "Report it" not in owner.get("/event-types/webhook.ping").text
    for said in (
        "LEAD_CREATED",
        "an e-mail address",
        "The id of the conversation in which it was captured.",
        "maya.lindqvist@example.com",
        'href="/events/new?type=lead.captured"',
        'href="/webhooks/new?event_type=lead.captured"',
        "json-schema.org",
    ):
        assert said in page
    assert "/event-types/lead.captured/edit" not in page
    assert "<code>visitor.email</code>" in owner.get("/event-types/escalation.requested").text


def test_what_the_product_sends_cannot_be_sent_or_asked_for(owner: Person) -> None:
    page = owner.get("/event-types/webhook.ping").text
    assert "/events/new" not in page
    assert "/webhooks/new" not in page


def test_what_happens_to_webhooks_can_be_asked_for_but_not_sent(owner: Person) -> None:
    page = owner.get("/event-types/subscription.created").text
    assert 'href="/webhooks/new?event_type=subscription.created"' in page
    assert 'href="/events/?type=subscription.created"' in page
    assert "/events/new" not in page
    form = owner.get("/webhooks/new", event_type="subscription.created").text
    assert 'value="subscription.created" checked' in form
    assert "subscription.created" not in owner.get("/events/new").text
    assert 'value="webhook.ping"' not in form


def test_the_link_to_subscribe_begins_the_form(owner: Person) -> None:
    page = owner.get("/webhooks/new", event_type="task.overdue").text
    assert 'value="task.overdue" checked' in page
    assert page.count(" checked>") == 1
    action = owner.get("/actions/new", event_type="task.overdue").text
    assert '<option selected value="task.overdue">' in action


def test_one_is_registered_changed_and_retired(owner: Person) -> None:
    owner.get("/event-types/new")
    made = owner.post("/event-types/new", **FORM)
    assert made.headers["Location"] == "/event-types/order.paid"
    page = owner.get("/event-types/order.paid").text
    assert "The &lt;order&gt;." in page
    assert "ORDER_PAID" in page
    edit = owner.get("/event-types/order.paid/edit").text
    assert 'name="name"' not in edit
    assert owner.post("/event-types/order.paid/edit", **FORM | {"title": "Paid", "name": "a.b"})
    row = db.session.query(CustomEventType).one()
    assert (row.name, row.title, row.group) == ("order.paid", "Paid", "Shop")
    owner.get("/event-types/order.paid/retire")
    assert owner.post("/event-types/order.paid/retire").headers["Location"] == "/event-types/"
    assert (
        "order.paid"
        not in owner.get("/event-types/").text.partition("</main>")[0].partition("is retired")[2]
    )
    assert owner.get("/event-types/order.paid").status_code == 404


def test_what_is_left_empty_is_made_up(owner: Person) -> None:
    owner.get("/event-types/new")
    owner.post("/event-types/new", name="order.paid", sample="{}")
    row = db.session.query(CustomEventType).one()
    assert (row.title, row.group, row.schema) == ("Order paid", "Our own", None)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("name", "lead.captured", "This name is already in the catalogue."),
        ("name", "Order", "An object and what happened"),
        ("sample", "{", "ends too early"),
        ("sample", "[]", "This must be an object."),
        ("schema", "5", "This must be an object."),
        ("group", "System", "reserved"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    owner: Person, name: str, value: str, why: str
) -> None:
    owner.get("/event-types/new")
    refused = owner.post("/event-types/new", **FORM | {name: value})
    assert refused.status_code == 422
    assert why in refused.text
    assert f'aria-describedby="{name}-help {name}-error"' in refused.text
    assert "A customer paid." in refused.text


def test_one_that_is_asked_for_stays(owner: Person, organisation: Organisation) -> None:
    factories.event_type(organisation)
    factories.webhook(
        organisation, "https://a.example", name="Shop", event_types=["order.paid"], mode="test"
    )
    page = owner.get("/event-types/order.paid/retire").text
    assert "Not yet. It is still used by Shop." in page
    refused = owner.post("/event-types/order.paid/retire")
    assert refused.status_code == 409
    assert "Shop" in refused.text


def test_it_is_in_every_form_and_filter_of_its_organisation(
    owner: Person, organisation: Organisation, person: Callable[..., Person]
) -> None:
    factories.event_type(organisation)
    pages = ("/webhooks/new", "/actions/new", "/events/new", "/events/", "/deliveries/")
    outsider = person("outsider")
    for path in pages:
        assert 'value="order.paid"' in owner.get(path).text, path
        assert 'value="order.paid"' not in outsider.get(path).text, path
    sample = owner.get("/events/new", type="order.paid").text
    assert "&#34;total&#34;: 42.5" in sample


def test_it_can_be_subscribed_to_and_sent(owner: Person, organisation: Organisation) -> None:
    factories.event_type(organisation)
    fields = {"name": "Shop", "url": "https://a.example", "event_types": "order.paid"}
    fields |= {"scope_type": "", "match": "all", "wire_format": "standard", "save": "Save"}
    owner.get("/webhooks/new")
    saved = owner.post("/webhooks/new", **fields, retry_policy="pivot")
    assert saved.status_code == 302, saved.text
    owner.get("/events/new")
    sent = owner.post("/events/new", type="order.paid", subject_type="", data='{"id":"1"}')
    assert sent.status_code == 302
    assert "sent</span>" in owner.get(sent.headers["Location"]).text
    owner.get("/event-types/order.paid")
    assert "order.paid" in owner.get("/events/", type="order.paid").text


def test_a_retired_one_stays_in_the_filters(owner: Person, organisation: Organisation) -> None:
    factories.event_type(organisation)
    owner.get("/event-types/order.paid/retire")
    owner.post("/event-types/order.paid/retire")
    assert 'value="order.paid"' in owner.get("/deliveries/").text
    assert 'value="order.paid"' not in owner.get("/webhooks/new").text


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {},
        {"properties": []},
        {"properties": {"a": True}, "required": "a"},
        {"properties": {"a": {"type": {}, "format": [], "enum": {}, "examples": {}}}},
        {"properties": {"a": {"type": [5, "string"], "description": 5, "properties": {"b": None}}}},
    ],
)
def test_a_schema_that_is_odd_is_shown_as_far_as_it_goes(schema: dict[str, object] | None) -> None:
    for row in rows_of(schema):
        assert row.kind
        assert not row.required


def test_rows_say_what_a_schema_says() -> None:
    inner = {"type": "string", "format": "date-time", "description": "When."}
    schema = {
        "required": ["a"],
        "properties": {
            "a": {"type": ["integer", "null"], "examples": [5]},
            "b": {"type": "object", "properties": {"at": inner}},
            "c": {"enum": ["x", 1]},
        },
    }
    assert [tuple(row) for row in rows_of(schema)] == [
        ("a", "a whole number or null", "", "5", True),
        ("b", "an object", "", "", False),
        ("b.at", "a moment", "When.", "", False),
        ("c", 'one of "x", 1', "", "", False),
    ]


def test_a_large_schema_has_an_end() -> None:
    assert len(rows_of({"properties": {f"f{n}": {} for n in range(1000)}})) == MOST_ROWS
