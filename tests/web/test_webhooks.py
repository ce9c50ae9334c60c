"""The Webhooks pages, by plain forms."""

import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from tests import factories
from tests.support.open_deliveries import arrange
from tests.support.receiver import Answer, Receiver
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Organisation, ReplayBatch, Subscription

URL = "https://receiver.example/hook"


def form(**more: Any) -> dict[str, Any]:
    return {
        "name": "CRM",
        "url": URL,
        "event_types": ["lead.captured"],
        "scope_type": "",
        "match": "all",
        "retry_policy": "pivot",
        "save": "Save",
    } | more


def chosen(page: str, name: str) -> str:
    """The selected option of the choice with that name."""
    options = page.partition(f'name="{name}"')[2].partition("</select>")[0]
    [value] = re.findall(r'<option selected value="([^"]*)"', options)
    return str(value)


def webhooks() -> list[Subscription]:
    db.session.rollback()
    return list(db.session.scalars(select(Subscription).order_by(Subscription.id)))


def test_an_empty_page_says_what_a_webhook_is(owner: Person) -> None:
    page = owner.get("/webhooks/").text
    assert "No webhooks in live mode yet" in page
    assert "Add your first webhook" in page


def test_a_webhook_is_made_pinged_and_its_secret_shown_once(
    owner: Person, receiver: Receiver, drain: Callable[[], None]
) -> None:
    owner.get("/webhooks/new")
    made = owner.post("/webhooks/new", **form(url=receiver.url))
    first = owner.get(made.location).text
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", first)
    assert secret
    outcome = re.search(r'hx-get="(/deliveries/msg_\w+/outcome)"', first)
    assert outcome
    drain()
    pinged = owner.client.get(outcome[1], headers={"HX-Request": "true"}).text
    assert "delivered" in pinged
    [ping] = receiver.received
    assert orjson.loads(ping.body)["type"] == "webhook.ping"
    Webhook(secret[0]).verify(ping.body, ping.headers)
    [row] = webhooks()
    again = owner.get(made.location).text
    assert "whsec_" not in again
    assert "was shown once" in again
    assert secret[0] not in owner.get(f"/webhooks/{row.id}").text
    assert secret[0] not in owner.get(f"/webhooks/{row.id}/edit").text


def test_all_that_the_form_asks_is_kept_and_shown_again(owner: Person) -> None:
    owner.get("/webhooks/new")
    fields = form(
        description="For sales",
        scope_type="chatbot",
        scope_id="bot_1",
        match="any",
        retry_policy="custom",
        delays="60, 300",
        headers="Authorization: Bearer Top-Secret\nX-Team: sales",
    )
    fields |= {
        "conditions-0-field": "email",
        "conditions-0-operator": "exists",
        "conditions-0-value": "",
        "conditions-1-field": "city",
        "conditions-1-operator": "one_of",
        "conditions-1-value": "Paris, Rome",
        "conditions-2-field": "",
        "conditions-2-operator": "exists",
        "conditions-2-value": "",
    }
    assert owner.post("/webhooks/new", **fields).status_code == 302
    [row] = webhooks()
    assert (row.scope_type, row.scope_id, row.match) == ("chatbot", "bot_1", "any")
    assert row.retry_policy == {"delays": [60.0, 300.0]}
    assert row.conditions == [
        {"field": "email", "operator": "exists"},
        {"field": "city", "operator": "one_of", "value": ["Paris", "Rome"]},
    ]
    page = owner.get(f"/webhooks/{row.id}/edit").text
    for shown in ("For sales", "bot_1", "Paris, Rome", "60, 300", "Authorization: ••••••"):
        assert shown in page
    assert "Top-Secret" not in page


def test_retries_given_as_pollybot_does_are_shown_and_kept(
    owner: Person, organisation: Organisation
) -> None:
    policy = {"max_retries": 4, "retry_delay_ms": 500}
    row = factories.webhook(organisation, URL, retry_policy=policy)
    assert "1 s, 2 s, 4 s, 8 s after the first attempt" in owner.get(f"/webhooks/{row.id}").text
    page = owner.get(f"/webhooks/{row.id}/edit").text
    assert re.search(r'name="max_retries"[^>]*value="4"', page)
    assert re.search(r'name="retry_delay_ms"[^>]*value="500"', page)


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(owner: Person) -> None:
    owner.get("/webhooks/new")
    fields = form(
        name="", url="http://10.0.0.1/", event_types=[], headers="Host: x", description="keep me"
    )
    fields |= {
        "conditions-0-field": "a",
        "conditions-0-operator": "matches",
        "conditions-0-value": "(",
    }
    response = owner.post("/webhooks/new", **fields)
    assert response.status_code == 422
    for shown in ("name-error", "url-error", "event_types-error", "headers-error", "keep me"):
        assert shown in response.text
    assert "conditions-0-value-error" in response.text
    assert "conditions-1-field" in response.text
    assert "conditions-2-field" not in response.text
    assert webhooks() == []


def test_a_row_is_added_for_another_condition(owner: Person) -> None:
    owner.get("/webhooks/new")
    filled = {
        f"conditions-{n}-{k}": v
        for n in range(2)
        for k, v in (("field", f"f{n}"), ("operator", "exists"), ("value", ""))
    }
    page = owner.post("/webhooks/new", name="Typed", more="Add a condition", **filled)
    assert page.status_code == 200
    assert "conditions-2-field" in page.text
    assert "Typed" in page.text
    assert webhooks() == []


def test_an_edit_changes_and_a_new_url_is_pinged(owner: Person, organisation: Organisation) -> None:
    row = factories.webhook(organisation, URL)
    path = f"/webhooks/{row.id}/edit"
    owner.get(path)
    assert owner.post(path, **form(name="Renamed")).status_code == 302
    assert db.session.query(Delivery).count() == 0
    assert owner.post(path, **form(name="Renamed", url=URL + "/2")).status_code == 302
    [row] = webhooks()
    assert (row.name, row.url) == ("Renamed", URL + "/2")
    assert db.session.query(Delivery).count() == 1


def test_it_is_switched_off_and_on(owner: Person, organisation: Organisation) -> None:
    row = factories.webhook(organisation, URL)
    factories.accepted(organisation)
    owner.get(f"/webhooks/{row.id}")
    owner.post(f"/webhooks/{row.id}/toggle", enabled="0")
    page = owner.get(f"/webhooks/{row.id}").text
    assert "Switched off" in page
    assert "cancelled" in page
    refused = owner.post(f"/webhooks/{row.id}/test")
    assert (refused.status_code, "Switch it on" in refused.text) == (409, True)
    assert db.session.query(Delivery).count() == 1
    owner.post(f"/webhooks/{row.id}/toggle", enabled="1")
    assert webhooks()[0].enabled


def test_switching_on_in_the_list_offers_what_never_arrived(
    owner: Person, organisation: Organisation
) -> None:
    row = factories.webhook(organisation, URL)
    action = factories.action(organisation, URL)
    owner.get("/webhooks/")
    offered = f'href="/replays/new?subscription_id={row.id}&amp;window=7d&amp;missing=1"'
    assert offered not in switched(owner, row, "0")
    assert offered not in switched(owner, row, "1")
    factories.accepted(organisation)
    assert offered not in switched(owner, row, "0")
    assert offered in switched(owner, row, "1")
    switched(owner, action, "0")
    assert "Send what never arrived" in switched(owner, action, "1")


def switched(owner: Person, row: Subscription, enabled: str) -> str:
    """The fragment that htmx swaps in."""
    form = {"csrf_token": owner.token, "enabled": enabled}
    path = f"/{row.kind}s/{row.id}/toggle"
    return owner.client.post(path, data=form, headers={"HX-Request": "true"}).text


def test_a_test_leads_to_its_log_line(
    owner: Person, organisation: Organisation, receiver: Receiver, drain: Callable[[], None]
) -> None:
    receiver.answer = lambda request: Answer(500, {"X-Why": "broken"}, b"<script>alert(1)</script>")
    row = factories.webhook(organisation, receiver.url)
    owner.get(f"/webhooks/{row.id}")
    response = owner.post(f"/webhooks/{row.id}/test")
    assert response.status_code == 302
    drain()
    page = owner.get(response.headers["Location"]).text
    for shown in ("The endpoint answered 500", "<code>X-Why</code>", "failed", "Attempt 1"):
        assert shown in page
    assert "<script>alert" not in page
    outcome = response.headers["Location"] + "/outcome"
    shown = owner.client.get(outcome, headers={"HX-Request": "true"}).text
    assert "The endpoint answered 500" in shown


def test_delivery_logs_tell_of_each_call_across_webhooks(
    owner: Person, organisation: Organisation, receiver: Receiver, drain: Callable[[], None]
) -> None:
    receiver.answer = lambda request: Answer(503, {}, b"the body of the answer")
    factories.webhook(organisation, receiver.url, name="Zapier - New Lead")
    factories.webhook(organisation, receiver.url, name="CRM")
    factories.accepted(organisation)
    drain()
    logs = owner.get("/webhooks/logs").text
    for shown in ("Zapier - New Lead", "CRM", "lead.captured", "503", "<time", "Next attempt"):
        assert shown in logs
    delivery = db.session.scalars(select(Delivery)).first()
    assert delivery
    assert "the body of the answer" in owner.get(f"/deliveries/{delivery.id}").text


def test_logs_show_the_last_50(owner: Person, organisation: Organisation) -> None:
    row = factories.webhook(organisation, URL)
    factories.accepted(organisation, *[factories.lead() for _ in range(51)])
    assert owner.get(f"/webhooks/{row.id}/logs").text.count('id="line-') == 50


def test_its_logs_are_filtered_by_state_and_replayed(
    owner: Person, organisation: Organisation
) -> None:
    row = factories.webhook(organisation, URL)
    factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    failed, *rest = db.session.scalars(select(Delivery).order_by(Delivery.id)).all()
    for delivery in (failed, *rest):
        ended = "failed" if delivery is failed else "delivered"
        arrange(delivery.id, status=ended)
    db.session.commit()
    for page in (f"/webhooks/{row.id}/logs", f"/webhooks/{row.id}"):
        shown = owner.get(page, status="failed").text
        assert re.findall(r'id="line-(msg_\w+)"', shown) == [failed.id]
        assert f'href="/deliveries/?subscription_id={row.id}&amp;status=failed"' in shown
        hidden = dict(
            re.findall(
                r'<input type="hidden" name="(\w+)" value="([^"]*)">',
                shown.partition('id="chosen-logs"')[2].partition("</form>")[0],
            )
        )
        assert hidden.keys() == {"csrf_token", "subscription_id", "status"}
        assert f'name="delivery_id" value="{failed.id}"' in shown
    owner.post("/replays/", subscription_id=row.id, delivery_id=[failed.id])
    assert db.session.query(ReplayBatch).one().delivery_ids == [failed.id]
    nothing = owner.get(f"/webhooks/{row.id}/logs", status="retrying").text
    assert "No retrying deliveries." in nothing


def test_a_replay_leads_to_the_new_delivery(
    owner: Person, organisation: Organisation, receiver: Receiver, drain: Callable[[], None]
) -> None:
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    drain()
    first = db.session.scalars(select(Delivery)).one()
    owner.get(f"/deliveries/{first.id}")
    response = owner.post(f"/deliveries/{first.id}/replay")
    drain()
    page = owner.get(response.headers["Location"]).text
    assert first.id in page
    assert "delivered" in page
    assert len(receiver.received) == 2


def test_deleting_asks_first(owner: Person, organisation: Organisation) -> None:
    row = factories.webhook(organisation, URL)
    path = f"/webhooks/{row.id}/delete"
    assert "You can undo this" in owner.get(path).text
    assert webhooks()[0].deleted_at is None
    owner.post(path)
    assert "was deleted" in owner.get("/webhooks/").text
    assert owner.get(f"/webhooks/{row.id}").status_code == 404


def test_a_new_secret_is_shown_once(owner: Person, organisation: Organisation) -> None:
    row = factories.webhook(organisation, URL)
    owner.get(f"/webhooks/{row.id}")
    made = owner.post(f"/webhooks/{row.id}/rotate", overlap="24")
    page = owner.get(made.location).text
    assert re.search(r"whsec_[A-Za-z0-9+/=]{40,}", page)
    assert "also signed with the old secret" in page
    assert "was shown once" in owner.get(made.location).text


def test_a_secret_on_its_way_to_its_page_is_not_in_the_cookie(
    owner: Person, organisation: Organisation
) -> None:
    row = factories.webhook(organisation, URL)
    owner.get(f"/webhooks/{row.id}")
    made = owner.post(f"/webhooks/{row.id}/rotate", overlap="24")
    with owner.client.session_transaction() as cookie:
        kept = str(dict(cookie))
    [secret] = re.findall(r"whsec_[A-Za-z0-9+/=]{40,}", owner.get(made.location).text)
    assert secret not in kept


@pytest.mark.parametrize(
    ("preset", "sets"),
    [
        ("pivot", {"wire_format": "pivot", "timeout": 15.0, "failure_mail": True}),
        ("pivra", {"wire_format": "pivra", "timeout": None, "failure_mail": False}),
    ],
)
def test_a_preset_sets_timeout_and_notice_which_can_be_changed(
    owner: Person, preset: str, sets: dict[str, object]
) -> None:
    owner.get("/webhooks/new")
    page = owner.post("/webhooks/new", **form(save="", preset=preset, apply="Use it")).text
    shown = {
        "wire_format": chosen(page, "wire_format"),
        "failure_notice": chosen(page, "failure_notice"),
        "timeout": (re.findall(r'name="timeout"[^>]* value="([^"]*)"', page) or [""])[0],
    }
    owner.post("/webhooks/new", **form(**shown))
    [row] = webhooks()
    assert {name: getattr(row, name) for name in sets} == sets
    path = f"/webhooks/{row.id}/edit"
    assert chosen(owner.get(path).text, "failure_notice") == shown["failure_notice"]
    owner.post(path, **form(**shown | {"timeout": "3"}))
    assert webhooks()[0].timeout == 3.0


def test_no_overlap_is_promised_where_there_is_room_for_one_signature(
    owner: Person, organisation: Organisation
) -> None:
    row = factories.webhook(organisation, URL, wire_format="pivot")
    page = owner.get(f"/webhooks/{row.id}/rotate").text
    assert "room for only one signature" in page
    assert 'id="overlap"' not in page
    for overlap in ("0", "24"):
        made = owner.post(f"/webhooks/{row.id}/rotate", overlap=overlap)
        assert "also signed with the old secret" not in owner.get(made.location).text
    assert "The old secret also signs" not in owner.get(f"/webhooks/{row.id}").text
    assert owner.get(f"/webhooks/{row.id}/rotate").status_code == 200


def test_live_and_test_never_mix(owner: Person, organisation: Organisation) -> None:
    live = factories.webhook(organisation, URL, name="Live one")
    factories.webhook(organisation, URL, name="Test one", mode="test")
    factories.accepted(organisation)
    assert "Test one" not in owner.get("/webhooks/").text
    owner.go_to("test")
    page = owner.get("/webhooks/").text
    assert "Test one" in page
    assert "Live one" not in page
    assert "Test mode" in page
    assert owner.get(f"/webhooks/{live.id}").status_code == 404
    assert "No deliveries in test mode" in owner.get("/deliveries/").text


def test_deliveries_are_filtered_and_paged_in_the_url(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    other = factories.webhook(organisation, URL, event_types=["lead.updated"], name="Other")
    factories.accepted(organisation, *[factories.lead() for _ in range(60)])
    factories.accepted(organisation, factories.lead(type="lead.updated"))
    rows = owner.get("/deliveries/", subscription_id=other.id).text.count('class="go"')
    assert rows == 1
    page = owner.get("/deliveries/", event_type="lead.captured", status="pending").text
    assert page.count('class="go"') == 50
    older = re.search(r'href="(/deliveries/\?[^"]+)">Older', page)
    assert older
    assert "event_type=lead.captured" in older[1]
    assert owner.get(older[1].replace("&amp;", "&")).text.count('class="go"') == 10
    assert "No deliveries match" in owner.get("/deliveries/", status="failed").text
    assert owner.get("/deliveries/", status="nonsense").status_code == 422
    refused = owner.get("/deliveries/", cursor="nonsense")
    assert (refused.status_code, "This link is incomplete" in refused.text) == (400, True)
