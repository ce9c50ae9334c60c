"""The client against the running product: from an event to the receiver."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from hookline import Hookline, Unauthorized
from hookline.aio import AsyncHookline
from hookline.models import EmailAction
from hookline.receive import FORMATS, Receiver, Subject
from hookline.receive.stores import MemoryStore
from tests.support.product import Product, engine
from tests.support.receiver import Answer
from tests.support.receiver import Receiver as Server
from tests.support.servers import wait_until

__all__ = ["engine"]

pytestmark = pytest.mark.usefixtures("engine")
EITHER = pytest.mark.parametrize("product", ["sqlite", "postgresql"], indirect=True, scope="module")
LEAD = {"name": "Ada", "email": "ada@example.com"}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@EITHER
def test_what_is_reported_arrives_and_verifies(hookline: Hookline, server: Server) -> None:
    check_that_it_arrives(hookline, server, "standard")


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "standard"])
def test_it_verifies_in_every_format(hookline: Hookline, server: Server, name: str) -> None:
    check_that_it_arrives(hookline, server, name)


def check_that_it_arrives(hookline: Hookline, server: Server, name: str) -> None:
    webhook = hookline.webhooks.create(
        name="CRM",
        url=server.url,
        event_types=["lead.captured"],
        wire_format=name,  # type: ignore[arg-type]
    )
    assert webhook.secret
    wait_until(lambda: len(server.received) == 1)  # the ping
    accepted = hookline.events.send("lead.captured", LEAD, chatbot_id="bot_1", wait=20)
    assert accepted.results
    assert [one.status for one in accepted.results] == ["delivered"]
    ping, lead = server.received
    receiver = Receiver(webhook.secret, store=MemoryStore())
    assert "ping" in receiver.verify(ping.headers, ping.body).type.lower()
    event = receiver.verify(lead.headers, lead.body)
    assert event.delivery_id == accepted.results[0].id
    assert {**event.data, **LEAD} == event.data
    assert event.event_id in (None, accepted.id)
    assert event.subject in (None, Subject("chatbot", "bot_1"))


def test_a_secret_is_rotated_without_a_gap(hookline: Hookline, server: Server) -> None:
    made = hookline.webhooks.create(name="CRM", url=server.url, event_types=["lead.captured"])
    rotated = hookline.webhooks.rotate_secret(made.id, overlap_hours=1)
    assert made.secret
    assert rotated.secret
    hookline.events.send("lead.captured", LEAD, wait=20)
    [last] = [one for one in server.received if b"lead.captured" in one.body]
    for secret in (made.secret, rotated.secret):
        assert Receiver(secret).verify(last.headers, last.body).data == LEAD


def test_a_delivery_that_is_sent_again_is_handled_once(hookline: Hookline, server: Server) -> None:
    made = hookline.webhooks.create(name="CRM", url=server.url, event_types=["lead.captured"])
    wait_until(lambda: len(server.received) == 1)
    receiver, handled = Receiver(made.secret or "", store=MemoryStore()), []

    def lose_the_first_answer(request: object) -> Answer:
        got = server.received[-1]
        reply = receiver.handle(got.headers, got.body, lambda event: handled.append(event))
        return Answer(500 if len(server.received) == 2 else reply.status)

    server.answer = lose_the_first_answer
    accepted = hookline.events.send("lead.captured", LEAD)
    [delivery] = hookline.events.deliveries(accepted.id)
    wait_until(lambda: hookline.deliveries.get(delivery.id).status == "retrying")
    ended = hookline.deliveries.retry_now(delivery.id, wait=20)
    assert ended.status == "delivered"
    assert [one.status_code for one in ended.attempts or []] == [500, 200]
    assert len(handled) == 1


@EITHER
def test_a_list_fetches_its_pages(hookline: Hookline) -> None:
    for number in range(7):
        hookline.events.send("lead.captured", {"number": number}, id=f"n{number}")
    listing = hookline.events.list(page_size=3)
    pages = [*listing.pages()]
    assert [len(page.data) for page in pages] == [3, 3, 1]
    assert [page.next_cursor is None for page in pages] == [False, False, True]
    everything = [one.own_id for one in listing]
    assert everything == [f"n{number}" for number in range(6, -1, -1)]
    rest = hookline.events.list(page_size=3, cursor=pages[0].next_cursor)
    assert [one.own_id for one in rest] == everything[3:]
    first = listing.first()
    assert first is not None
    assert first.own_id == "n6"
    assert hookline.events.list(type="lead.updated").first() is None


def test_a_list_fetches_its_pages_asynchronously(product: Product) -> None:
    async def run() -> tuple[list[int], list[str | None], int]:
        async with AsyncHookline(product.key(), product.url) as client:
            for number in range(5):
                await client.events.send("lead.captured", {}, id=f"n{number}")
            listing = client.events.list(page_size=2)
            sizes = [len(page.data) async for page in listing.pages()]
            ids = [one.own_id async for one in listing]
            exported = [one async for one in client.deliveries.export()]
            return sizes, ids, len(exported)

    sizes, ids, exported = asyncio.run(run())
    assert sizes == [2, 2, 1]
    assert ids == ["n4", "n3", "n2", "n1", "n0"]
    assert exported == 0


@EITHER
def test_an_export_reads_lines(hookline: Hookline, server: Server) -> None:
    hookline.webhooks.create(name="CRM", url=server.url, event_types=["lead.captured"])
    for number in range(3):
        hookline.events.send("lead.captured", {"number": number}, wait=20)
    since = datetime.now(UTC) - timedelta(hours=1)
    exported = [*hookline.deliveries.export(event_type="lead.captured", since=since)]
    assert [one.id for one in exported] == [
        one.id for one in hookline.deliveries.list(event_type="lead.captured")
    ]
    assert len(exported) == 3
    actions = [one.action for one in hookline.audit_log.export(target="CRM")]
    assert actions == ["webhook.created"]


def test_an_export_that_is_refused(product: Product) -> None:
    with Hookline("hk_test_none", product.url) as client, pytest.raises(Unauthorized):
        [*client.deliveries.export()]

    async def run() -> None:
        async with AsyncHookline("hk_test_none", product.url) as client:
            [one async for one in client.deliveries.export()]

    with pytest.raises(Unauthorized):
        asyncio.run(run())


@EITHER
def test_a_repeat_acts_once(hookline: Hookline) -> None:
    first = hookline.events.send("lead.captured", LEAD, idempotency_key="k")
    again = hookline.events.send("lead.captured", LEAD, idempotency_key="k")
    assert first.id == again.id
    made = [
        hookline.webhooks.create(
            name="CRM",
            url="https://crm.example.com",
            event_types=["lead.captured"],
            enabled=False,
            idempotency_key="w",
        )
        for _ in range(2)
    ]
    assert made[0].id == made[1].id
    assert [one.response.replayed for one in made if one.response] == [False, True]


def test_what_the_headers_said(hookline: Hookline) -> None:
    said = hookline.whoami().response
    assert said is not None
    assert (said.status, said.replayed) == (200, False)
    assert said.request_id
    assert said.etag
    assert said.remaining


def test_own_keys_null_and_what_is_left_out(hookline: Hookline) -> None:
    put = {"name": "CRM", "url": "https://crm.example.com/", "event_types": ["*"], "enabled": False}
    made = hookline.webhooks.put("key:crm", **put, rate_limit=5)  # type: ignore[arg-type]
    assert (made.key, made.rate_limit) == ("crm", 5)
    assert hookline.webhooks.update("key:crm", name="Sales").rate_limit == 5
    assert hookline.webhooks.update("key:crm", rate_limit=None).rate_limit is None
    found = [one.id for one in hookline.webhooks.list(metadata={"team": "x"})]
    assert found == []


def test_an_object_can_be_sent_back(hookline: Hookline) -> None:
    made = hookline.webhooks.create(
        name="CRM",
        url="https://crm.example.com/",
        event_types=["lead.captured"],
        scope={"type": "room", "id": "r1"},
        conditions=[{"field": "email", "operator": "exists"}],
        enabled=False,
    )
    other = hookline.webhooks.create(
        name="Copy",
        url=made.url,
        event_types=made.event_types,
        scope=made.scope,
        conditions=made.conditions,
        enabled=False,
    )
    assert (other.scope, other.conditions) == (made.scope, made.conditions)


def test_an_action_by_mail(hookline: Hookline) -> None:
    made = hookline.actions.create(
        name="Tell sales",
        channel="email",
        event_types=["lead.captured"],
        email_to=["sales@example.com"],
    )
    assert isinstance(made, EmailAction)
    [listed] = hookline.actions.list()
    assert listed.channel == "email"


def test_messages_one_and_many(hookline: Hookline) -> None:
    one = hookline.messages.report(
        "team/2", conversation_id="c1", role="visitor", text="Hello, I am ada@example.com"
    )
    assert [event.type for event in one.events][:1] == ["conversation.started"]
    many = hookline.messages.report_batch(
        "team/2",
        messages=[{"conversation_id": "c2", "role": "visitor", "text": "Hi"}],
    )
    assert [one.conversation_id for one in many.messages] == ["c2"]
    stored = hookline.events.get(one.events[0].id)
    assert stored.subject is not None
    assert stored.subject.id == "team/2"


def test_a_request_that_this_version_does_not_know(product: Product) -> None:
    key = product.key()
    with Hookline(key, product.url) as client:
        page = client.request("GET", "/event-types", query={"limit": 1})
        assert page["data"]
    async_page = asyncio.run(_whoami(key, product.url))
    assert json.dumps(async_page)


async def _whoami(key: str, url: str) -> object:
    async with AsyncHookline(key, url) as client:
        return await client.request("GET", "/whoami")
