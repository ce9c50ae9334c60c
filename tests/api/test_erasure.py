"""DELETE /events/{id}/data: the data goes, the lines of the log stay."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import factories
from tests.api.conftest import Api, kind
from tests.support.open_deliveries import arrange
from tests.support.receiver import Answer, Receiver
from webhooks_app.catalogue.system import DIGEST
from webhooks_app.deliveries import missed
from webhooks_app.digests.content import lead_of
from webhooks_app.engine.switching_off import disable
from webhooks_app.extensions import db
from webhooks_app.jobs.replays import run_batch
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    AuditEntry,
    Delivery,
    Digest,
    Event,
    InboxRequest,
    Organisation,
    Subscription,
)

SECRET = "Ada Lovelace"


@pytest.fixture
def mirror(organisation: Organisation, receiver: Receiver) -> str:
    """The id of a webhook whose receiver answers with what it was sent."""
    receiver.answer = lambda request: Answer(headers={"x-said": SECRET}, body=request.body)
    return factories.webhook(organisation, receiver.url, event_types=["*"]).id


def report(api: Api, name: str = "lead.captured", **data: object) -> str:
    answer = api.post("/events", {"type": name, "data": {"name": SECRET, **data}})
    return str(answer.get_json()["id"])


def erase(api: Api, event_id: str) -> Any:
    return api("DELETE", f"/events/{event_id}/data")


def everything() -> str:
    """All texts and bytes in the database."""
    db.session.rollback()
    return "".join(
        repr(row)
        for table in db.metadata.sorted_tables
        for row in db.session.execute(table.select()).all()
    )


def test_nothing_of_it_is_left_anywhere_and_the_log_stays(
    api: Api, organisation: Organisation, mirror: str, drain: Callable[[], None]
) -> None:
    factories.webhook(
        organisation, "https://a.example", changed_fields=["name"], event_types=["customer.updated"]
    )
    event_id = report(api, "customer.updated", id="cus_1")
    arrange(Delivery.subscription_id != mirror, status="cancelled")
    drain()
    [delivery] = db.session.scalars(select(Delivery.id).where(Delivery.subscription_id == mirror))
    inbox = factories.inbox(organisation)
    request = InboxRequest(
        id=new_id("req"),
        inbox_id=inbox.id,
        method="POST",
        headers=f'[["webhook-id","{delivery}"]]',
        body=SECRET.encode(),
        received_at=utcnow(),
    )
    db.session.add(request)
    db.session.commit()
    assert everything().count(SECRET) >= 5
    before = api.get(f"/deliveries/{delivery}").get_json()
    for _ in range(2):
        assert erase(api, event_id).status_code == 204
        assert SECRET not in everything()
    after = api.get(f"/deliveries/{delivery}").get_json()
    assert (after["status"], after["tries"], after["status_code"]) == ("delivered", 1, 200)
    assert before["attempts"][0]["duration_ms"] == after["attempts"][0]["duration_ms"]
    assert after["attempts"][0]["response_body"] == ""
    shown = api.get(f"/events/{event_id}").get_json()
    assert (shown["data"], shown["erased_at"] is None) == ({}, False)
    logged = list(db.session.scalars(select(AuditEntry.action)))
    assert logged.count("event.erased") == 1


@pytest.mark.parametrize("by", ["id", "key"])
def test_a_repeat_of_an_erased_event_stores_nothing_and_is_no_other_event(
    api: Api, organisation: Organisation, by: str
) -> None:
    headers = {"Idempotency-Key": "key-1"} if by == "key" else {}
    event = {"type": "lead.captured", "data": {"name": SECRET}} | (
        {"id": "1"} if by == "id" else {}
    )
    first = api.post("/events", event, headers=headers).get_json()
    assert erase(api, first["id"]).status_code == 204
    again = api.post("/events", event, headers=headers)
    assert (again.status_code, again.get_json()["id"]) == (202, first["id"])
    assert SECRET not in everything()
    other = api.post("/events", {**event, "type": "customer.updated"}, headers=headers)
    assert other.status_code == 422


def test_others_keep_theirs(api: Api, mirror: str, drain: Callable[[], None]) -> None:
    kept, erased = report(api), report(api)
    drain()
    erase(api, erased)
    assert api.get(f"/events/{kept}").get_json()["data"] == {"name": SECRET}
    [delivery] = api.get(f"/events/{kept}/deliveries").get_json()["data"]
    attempt = api.get(f"/deliveries/{delivery['id']}").get_json()["attempts"][0]
    assert SECRET in attempt["response_body"]


def test_what_waits_is_cancelled_and_nothing_is_sent_again(
    api: Api, mirror: str, receiver: Receiver, drain: Callable[[], None]
) -> None:
    event_id = report(api)
    erase(api, event_id)
    [delivery] = api.get("/deliveries").get_json()["data"]
    assert delivery["status"] == "cancelled"
    assert delivery["error"] == "Cancelled: the data of its event was erased."
    refused = api.post(f"/deliveries/{delivery['id']}/replay")
    assert (refused.status_code, kind(refused)) == (409, "conflict")
    batch = api.post("/replays", {"filter": {}}).get_json()
    run_batch(batch["id"], utcnow().isoformat())
    done = api.get(f"/replays/{batch['id']}").get_json()
    assert (done["replayed"], done["skipped"]) == (0, 1)
    drain()
    assert receiver.received == []


def test_while_one_is_being_sent_nothing_changes(api: Api, mirror: str) -> None:
    event_id = report(api)
    arrange(status="sending", tries=1, due_at=utcnow() + timedelta(minutes=1))
    refused = erase(api, event_id)
    assert (refused.status_code, kind(refused)) == (409, "conflict")
    assert api.get(f"/events/{event_id}").get_json()["data"] == {"name": SECRET}


def test_its_line_in_a_digest_goes(api: Api, organisation: Organisation) -> None:
    row = factories.action(organisation, "", channel="email", email_to=["a@people.example"])
    event_id, other = report(api), report(api)
    lead = db.session.get_one(Event, event_id)
    kept = {**lead_of('{"name":"Bob"}', lead.occurred_at)}
    leads = [lead_of(lead.data, lead.occurred_at), kept]
    [digest] = factories.accepted(organisation, factories.lead(type=DIGEST, data="{}"))
    stored = db.session.get_one(Event, digest.id)
    stored.data = json.dumps({"leads": 1, "recent_leads": leads})
    start, end = utcnow() - timedelta(hours=1), utcnow()
    db.session.add(
        Digest(
            id=new_id("dig"),
            subscription_id=row.id,
            window_start=start,
            window_end=end,
            event_id=digest.id,
            skipped=False,
            created_at=end,
        )
    )
    db.session.commit()
    erase(api, event_id)
    assert api.get(f"/events/{digest.id}").get_json()["data"] == {
        "leads": 1,
        "recent_leads": [kept],
    }
    assert api.get(f"/events/{other}").get_json()["data"] == {"name": SECRET}


def test_it_is_not_recovered(api: Api, organisation: Organisation) -> None:
    webhook_id = factories.webhook(organisation, "https://a.example").id
    db.session.rollback()
    with db.engine.begin() as connection:
        disable(connection, [webhook_id], "It failed for 5 days.")
    erase(api, report(api))
    report(api)
    found = db.session.get_one(Subscription, webhook_id)
    assert missed.missed_so_far(db.session(), found, 10).found == 1


def test_nobody_else_may(
    api: Api, outsider: Api, test_mode: Api, organisation: Organisation
) -> None:
    event_id = report(api)
    for stranger in (outsider, test_mode):
        assert erase(stranger, event_id).status_code == 404
    writer = Api(api.client, factories.api_key(organisation, scopes=["events:write"]))
    assert erase(writer, event_id).status_code == 403
    assert api.get(f"/events/{event_id}").get_json()["data"] == {"name": SECRET}
