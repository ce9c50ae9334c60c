"""Events, notifications and API keys in the browser."""

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.support.open_deliveries import arrange
from tests.web.conftest import Person
from webhooks_app.deliveries import fan_out
from webhooks_app.extensions import db
from webhooks_app.models import ApiKey, Delivery, Event, Organisation, Subscription

URL = "https://receiver.example/hook"
EVENT = '<tr id="evt_'


def told(page: str, name: str) -> str:
    """What the event's page says about a webhook."""
    section = page.partition(f">{name}</a>")[2].partition("</ul>")[0]
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", section))


def test_an_event_says_of_every_webhook_why_it_was_told_or_not(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL, name="Everything")
    factories.webhook(organisation, URL, name="Other type", event_types=["lead.updated"])
    factories.webhook(organisation, URL, name="Other bot", scope_type="chatbot", scope_id="b2")
    factories.webhook(
        organisation,
        URL,
        name="Picky",
        conditions=[
            {"field": "email", "operator": "ends_with", "value": ".org"},
            {"field": "phone", "operator": "exists"},
        ],
    )
    factories.webhook(organisation, URL, name="Off", enabled=False)
    factories.webhook(organisation, URL, name="Test mode", mode="test")
    [accepted] = factories.accepted(organisation, factories.lead(subject=("chatbot", "b1")))
    assert accepted.deliveries == 1
    page = owner.get(f"/events/{accepted.id}").text
    assert "✓ sent" in told(page, "Everything")
    assert "✕ not subscribed to lead.captured" in told(page, "Other type")
    assert "✕ limited to chatbot b2" in told(page, "Other bot")
    picky = told(page, "Picky")
    assert "✕ email ends with .org: it is ada@example.com" in picky
    assert "✕ phone exists: the event has no such field" in picky
    assert "✕ it is switched off" in told(page, "Off")
    assert "Test mode" not in page.partition("Why")[2]


def test_events_are_listed_page_by_page(owner: Person, organisation: Organisation) -> None:
    assert "No event in live mode yet" in owner.get("/events/").text
    factories.accepted(organisation, *[factories.lead() for _ in range(60)])
    page = owner.get("/events/").text
    assert page.count(EVENT) == 50
    older = re.search(r'href="(/events/[^"]+)">Older', page)
    assert older
    assert owner.get(older[1]).text.count(EVENT) == 10


def test_an_event_says_how_its_deliveries_are(owner: Person, organisation: Organisation) -> None:
    """After the newest replay; and with many deliveries only how many there are."""
    rows = [factories.webhook(organisation, URL, name=str(n)) for n in range(3)]
    [accepted] = factories.accepted(organisation)
    states = dict(zip((row.id for row in rows), ("failed", "failed", "delivered"), strict=True))
    deliveries = db.session.scalars(select(Delivery).order_by(Delivery.id)).all()
    for delivery in deliveries:
        arrange(delivery.id, status=states[delivery.subscription_id])
    db.session.commit()
    assert of_event(owner, accepted.id) == ["failed 2", "delivered 1"]
    owner.get("/events/")
    [first, *_] = [one for one in deliveries if one.status == "failed"]
    owner.post(f"/deliveries/{first.id}/replay")
    again = db.session.scalars(select(Delivery).filter_by(replay_of=first.id)).one()
    arrange(again.id, status="delivered")
    assert of_event(owner, accepted.id) == ["failed 1", "delivered 2"]
    failed = owner.get("/deliveries/", event_id=accepted.id, status="failed").text
    assert failed.count('id="line-') == 2
    event = db.session.get_one(Event, accepted.id)
    event.fan_out = fan_out.MOST + 1
    db.session.commit()
    page = owner.get("/events/").text
    assert f'href="/deliveries/?event_id={accepted.id}">{fan_out.MOST + 1}</a>' in page


def of_event(owner: Person, event_id: str) -> list[str]:
    """The states in its line of the list, with their numbers."""
    line = owner.get("/events/").text.partition(f'<tr id="{event_id}"')[2].partition("</tr>")[0]
    return [
        f"{status} {count}" for status, count in re.findall(r'badge (\w+)".*?</svg> (\d+)', line)
    ]


def test_the_payload_is_shown_as_text(owner: Person, organisation: Organisation) -> None:
    data = '{"name":"<script>alert(1)</script>","big":12345678901234567890123}'
    [accepted] = factories.accepted(organisation, factories.lead(data=data))
    page = owner.get(f"/events/{accepted.id}").text
    assert "<script>alert" not in page
    assert "12345678901234567890123" in page


def test_a_key_is_made_shown_once_and_revoked(owner: Person, client: FlaskClient) -> None:
    owner.get("/api-keys/")
    made = owner.post("/api-keys/", name="Backend").location
    token = re.search(r"hk_live_[\w-]+", owner.get(made).text)
    assert token
    assert "hk_live_" not in owner.get(made).text
    assert token[0] not in owner.get("/api-keys/").text
    bearer = factories.bearer(token[0])
    assert client.get("/api/v1/webhooks", headers=bearer).status_code == 200
    key = db.session.scalars(select(ApiKey)).one()
    assert "cannot be undone" in owner.get(f"/api-keys/{key.id}/revoke").text
    assert client.get("/api/v1/webhooks", headers=bearer).status_code == 200
    owner.post(f"/api-keys/{key.id}/revoke")
    assert client.get("/api/v1/webhooks", headers=bearer).status_code == 401
    assert "Backend" not in re.sub("Backend was revoked", "", owner.get("/api-keys/").text)


def test_a_key_needs_a_name(owner: Person) -> None:
    owner.get("/api-keys/")
    response = owner.post("/api-keys/", name=" ")
    assert response.status_code == 422
    assert "name-error" in response.text
    assert db.session.query(ApiKey).count() == 0
    assert db.session.query(Subscription).count() == 0


def test_an_event_sent_by_hand_goes_the_way_of_all(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    sent = {"type": "lead.captured", "data": '{"email":"ada@example.com"}'}
    assert "lead_8f2k1" in owner.get("/events/new", type="lead.captured").text
    response = owner.post("/events/new", **sent, subject_type="chatbot", subject_id="bot_1")
    event = db.session.query(Event).one()
    assert response.headers["Location"] == f"/events/{event.id}"
    assert (event.origin, event.subject_id, event.fan_out) == ("api", "bot_1", 1)
    assert event.data == sent["data"]


def test_the_sample_of_a_chosen_type_needs_no_javascript(owner: Person) -> None:
    owner.get("/events/new")
    chosen = {"type": "booking.confirmed", "data": "{}", "subject_type": "room", "subject_id": "7"}
    response = owner.post("/events/new", **chosen, show_sample="1")
    assert response.status_code == 200
    assert "conv_" in response.text or "booking" in response.text
    assert re.search(r'name="subject_id"[^>]* value="7"', response.text)
    assert re.search(r'<option selected value="booking.confirmed"', response.text)
    assert db.session.query(Event).count() == 0


def test_what_cannot_be_an_event_is_refused_beside_its_field(owner: Person) -> None:
    owner.get("/events/new")
    for data in ("[1]", "{broken", ""):
        response = owner.post("/events/new", type="lead.captured", data=data, subject_type="")
        assert response.status_code == 422
        assert "data-error" in response.text
    response = owner.post("/events/new", type="no.such", data="{}", subject_type="")
    assert "type-error" in response.text
    assert db.session.query(Event).count() == 0


def test_an_event_with_too_much_text_for_its_conditions_says_so(
    owner: Person, organisation: Organisation
) -> None:
    patterns = [
        {"field": "name", "operator": "matches", "value": f"a.{{0,{80 + n}}}b"} for n in range(20)
    ]
    for number in range(3):
        factories.webhook(
            organisation, URL, name=f"Costly {number}", conditions=patterns, match="any"
        )
    long = factories.lead(data=f'{{"name":"{"x" * 16_000}"}}')
    [accepted, short] = factories.accepted(organisation, long, factories.lead())
    page = owner.get(f"/events/{accepted.id}").text
    assert "2 actions and webhooks have conditions that were not tried" in page
    assert "not tried, the event has too much text" in page
    assert "not tried" not in owner.get(f"/events/{short.id}").text
    assert "conditions were not tried" in owner.get("/notifications/").text
