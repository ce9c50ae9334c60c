"""E-mail actions through the engine to a real mail server, with everything that servers do."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread, main_thread
from typing import Any, cast

import orjson
import psycopg
import pytest
from flask import Flask
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, select
from sqlalchemy.event import listen, remove

from tests import factories
from tests.mail.test_service import set_smtp
from tests.support.engine import Run, attempts, deliveries, make_due, queue_rows
from tests.support.mail_server import MailServer
from tests.support.receiver import Receiver
from tests.support.servers import PATIENCE, free_port, wait_until
from tests.support.settings import change_settings
from webhooks_app.channels.email.unsubscribe import Unsubscribing
from webhooks_app.engine.claim import anything_due
from webhooks_app.engine.engine import Engine
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.mail.email_channel import UNCONFIRMED
from webhooks_app.models import Event, Mail, MailRecipient, Organisation, Subscription
from webhooks_app.parts import parts_of
from webhooks_app.people import recipients
from webhooks_app.subscriptions import test_delivery

LEAD = {
    "name": "Ada <b>Lovelace</b>",
    "email": "ada@example.com",
    "phone": "+44 (0)20 7946-0018",
    "company": "Böhm & Söhne",
    "message": "Call me.\r\nBcc: everyone@example.com",
    "conversation_id": "conv_1",
}


@pytest.fixture
def server(app: Flask, request: pytest.FixtureRequest) -> Iterator[MailServer]:
    with MailServer() as server:
        set_smtp(app, server.port, smtp_timeout=getattr(request, "param", PATIENCE))
        yield server


@pytest.fixture
def engine(app: Flask, server: MailServer) -> Iterator[Engine]:
    """A settings object with the mail server."""
    engine = Engine(engine_parts(app))
    engine.start()
    yield engine
    db.session.rollback()
    engine.stop()


def action(organisation: Organisation, *addresses: str, **more: Any) -> Subscription:
    values: dict[str, Any] = {"channel": "email", "name": "Tell the team", "url": ""}
    to = list(addresses or ["team@example.com"])
    return factories.action(organisation, **(values | {"email_to": to} | more))


def happen(organisation: Organisation, **data: Any) -> Event:
    event = factories.lead(data=orjson.dumps(LEAD | data).decode())
    return factories.event_of(factories.accepted(organisation, event)[0])


def test_each_event_is_a_mail_for_people(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    organisation.time_zone = "Europe/Berlin"
    action(organisation)
    event = happen(organisation)
    event_id = event.id
    [delivery] = run()
    assert (delivery.status, delivery.status_code, delivery.error) == ("delivered", 250, None)
    [message] = server.taken
    assert message["From"] == "Hookline <hookline@example.com>"
    assert message["To"] == "team@example.com"
    assert message["Subject"] == "Lead captured: Ada <b>Lovelace</b>"
    assert message["Reply-To"] == "ada@example.com"
    assert message["Message-ID"] == f"<{delivery.id}@example.com>"
    assert message["Bcc"] is None
    assert server.recipients == ["team@example.com"]
    text, html = parts(message)
    assert "Name: Ada <b>Lovelace</b>" in text
    assert "Ada &lt;b&gt;Lovelace&lt;/b&gt;" in html
    assert '<a href="mailto:ada@example.com"' in html
    assert '<a href="tel:+4402079460018"' in html
    place = f"o/{delivery.organisation_id}/{delivery.mode}"
    assert f"https://hooks.example.com/{place}/events/{event_id}" in text
    assert " CET" in text or " CEST" in text


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_engine_rolls_nothing_back_so_its_statements_stay_prepared(
    organisation: Organisation, server: MailServer, receiver: Receiver, run: Run
) -> None:
    """At a ROLLBACK, psycopg forgets what it has prepared, and PostgreSQL plans all of it again.

    None is sent outside a transaction, in which a heartbeat looks for dead engines.
    """
    rolled_back = []

    def note(connection: Connection) -> None:
        driver = cast(psycopg.Connection, connection.connection.driver_connection)
        is_idle = driver.info.transaction_status == TransactionStatus.IDLE
        if current_thread() is not main_thread() and not is_idle:
            rolled_back.append(current_thread().name)

    action(organisation)
    factories.webhook(organisation, receiver.url)
    listen(db.engine, "rollback", note)
    try:
        for _ in range(2):
            happen(organisation)
            assert {one.status for one in run()} == {"delivered"}
        with ThreadPoolExecutor(1) as idle:
            assert not idle.submit(anything_due, db.engine).result()
    finally:
        remove(db.engine, "rollback", note)
    assert len(server.taken) == 2
    assert rolled_back == []


def parts(message: Any) -> tuple[str, str]:
    return message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content()


def test_the_log_says_what_was_sent_and_what_the_server_said(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    server.refusals["gone@example.com"] = "550 5.1.1 No such user"
    action(organisation, "team@example.com", "gone@example.com")
    happen(organisation)
    [delivery] = run()
    [attempt] = attempts()
    assert delivery.status == "delivered"
    assert "gone@example.com: The mail server refused it: 550 5.1.1 No such user" in delivery.error
    assert attempt.url == "mailto:team@example.com,gone@example.com"
    headers = orjson.loads(attempt.request_headers)
    assert headers["To"] == "team@example.com, gone@example.com"
    assert headers["Subject"].startswith("Lead captured")
    assert headers["List-Unsubscribe"] == "••••••"
    assert orjson.loads(attempt.response_headers) == [
        ["team@example.com", "250 OK"],
        ["gone@example.com", "550 The mail server refused it: 550 5.1.1 No such user"],
    ]


def test_a_refusal_for_good_fails_at_once(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    server.refusals["team@example.com"] = "550 5.1.1 No such user"
    action(organisation)
    happen(organisation)
    [delivery] = run()
    assert (delivery.status, delivery.status_code, delivery.tries) == ("failed", 550, 1)


@pytest.mark.parametrize("policy", ["pivot", "pivotal"])
def test_a_temporary_refusal_is_tried_again_with_the_same_bytes(
    organisation: Organisation, server: MailServer, run: Run, policy: str
) -> None:
    server.answer = "451 4.3.0 Try again later"
    row = action(organisation, retry_policy=policy, email_subject="First: {{ data.company }}")
    happen(organisation)
    [delivery] = run()
    assert (delivery.status, delivery.status_code) == ("retrying", 451)
    server.answer = "250 OK"
    first = attempts()[0]
    edit(row.id, email_subject="Edited since", name="Renamed <since>")
    make_due()
    [delivery] = run()
    assert attempts()[1].request_headers == first.request_headers
    assert (delivery.status, delivery.tries, delivery.error) == ("delivered", 2, None)
    [message] = server.taken
    assert "Renamed" not in message.as_string()
    assert "Tell the team" in parts(message)[0]
    assert message["Subject"] == "First: Böhm & Söhne"
    assert message["Message-ID"] == f"<{delivery.id}@example.com>"


def edit(subscription_id: str, **values: Any) -> None:
    row = db.session.get_one(Subscription, subscription_id)
    for name, value in values.items():
        setattr(row, name, value)
    db.session.commit()


def test_who_has_it_does_not_get_it_again(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    server.refusals["late@example.com"] = "450 4.2.1 Greylisted"
    action(organisation, "team@example.com", "late@example.com")
    happen(organisation)
    [delivery] = run()
    assert (delivery.status, delivery.status_code) == ("retrying", 450)
    server.refusals.clear()
    make_due()
    [delivery] = run()
    assert delivery.status == "delivered"
    assert server.recipients == ["team@example.com", "late@example.com"]


@pytest.mark.parametrize("server", [1.0], indirect=True)
def test_a_server_that_hangs_is_tried_again_and_holds_up_no_webhook(
    app: Flask, organisation: Organisation, server: MailServer, run: Run, receiver: Any
) -> None:
    server.pause = PATIENCE
    for _ in range(3):
        action(organisation)
    factories.webhook(organisation, receiver.url)
    for _ in range(4):
        happen(organisation)
    rows = run()
    by_mail = [row for row in rows if row.status == "retrying"]
    assert len(by_mail) == 12
    assert {row.error for row in by_mail} == {"The mail server did not answer in time"}
    assert len(receiver.received) == 4
    assert {one.failure for one in attempts()} == {"timeout", None}


def test_a_connection_dropped_in_mid_message_is_tried_again(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    server.hang_up_after = 1
    action(organisation)
    happen(organisation)
    [delivery] = run()
    assert delivery.status == "retrying"
    assert delivery.error == "The mail server closed the connection before it answered"
    make_due()
    [delivery] = run()
    assert delivery.status == "delivered"
    assert len(server.taken) == 1


def test_a_server_that_is_away_is_tried_again(app: Flask, organisation: Organisation) -> None:
    set_smtp(app, free_port())
    action(organisation)
    happen(organisation)
    engine = Engine(engine_parts(app))
    engine.start()
    db.session.rollback()
    assert engine.drain(PATIENCE)
    wait_until(lambda: not engine.busy)
    engine.stop()
    [delivery] = deliveries()
    assert delivery.status == "retrying"
    assert "ConnectionRefusedError" in delivery.error
    assert attempts()[0].failure == "connect"


def test_a_lease_is_held_while_a_slow_server_thinks(
    app: Flask, organisation: Organisation, server: MailServer
) -> None:
    change_settings(app, delivery_timeout=0.5, connect_timeout=0.5, lease_seconds=2.5)
    server.pause = PATIENCE
    action(organisation)
    happen(organisation)
    engine = Engine(engine_parts(app))
    engine.start()
    db.session.rollback()
    assert engine.drain(PATIENCE)
    wait_until(lambda: deliveries()[0].status == "sending")
    lease = queue_rows()[0].leased_until
    wait_until(lambda: queue_rows()[0].leased_until > lease)
    [delivery] = deliveries()
    assert (delivery.status, delivery.tries) == ("sending", 1)
    server.pause = 0
    engine.stop()
    [delivery] = deliveries()
    assert (delivery.status, delivery.tries) == ("delivered", 1)
    assert len(server.taken) == 1


def test_one_connection_serves_many(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    action(organisation)
    for _ in range(60):
        happen(organisation)
    wait_until(lambda: all(row.status == "delivered" for row in run()), 20)
    assert len(server.taken) == 60
    assert server.connections <= 4


def test_with_no_server_it_is_kept_in_the_outbox(
    app: Flask, organisation: Organisation, drain: Callable[[], None]
) -> None:
    action(organisation, "team@example.com", "boss@example.com")
    happen(organisation)
    drain()
    [delivery] = deliveries()
    assert (delivery.status, delivery.status_code) == ("delivered", None)
    mails = db.session.scalars(select(Mail).order_by(Mail.id)).all()
    assert {mail.recipient for mail in mails} == {"team@example.com", "boss@example.com"}
    assert {(mail.status, mail.template) for mail in mails} == {("outbox", "event")}


def test_only_outsiders_may_unsubscribe(
    organisation: Organisation, server: MailServer, run: Run, app: Flask
) -> None:
    factories.member(organisation, factories.user("member@example.com"))
    row = action(organisation, "Member@example.com", "outside@example.com")
    happen(organisation)
    run()
    member, outsider = sorted(server.taken, key=lambda one: "List-Unsubscribe" in one)
    assert member["List-Unsubscribe"] is None
    assert outsider["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = outsider["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://hooks.example.com/unsubscribe/")
    assert link in parts(outsider)[0]
    assert link in parts(outsider)[1]
    assert "unsubscribe" not in "".join(parts(member)).lower()
    secret = parts_of(app).settings.secret_key
    token = link.rpartition("/")[2]
    assert Unsubscribing(secret).read(token) == (row.id, "outside@example.com")


def test_a_test_says_that_it_is_one(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    row = action(organisation)
    test_delivery.send_test(db.session(), factories.tenant(organisation), row)
    run()
    [message] = server.taken
    assert message["Subject"].startswith("[Test] ")
    assert "This is a test" in parts(message)[0]


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("ada@example.com\r\nBcc: all@example.com", None),
        ("Ada <ada@example.com>, all@example.com", None),
        ("ada@exämple.de", "ada@xn--exmple-cua.de"),
        (["ada@example.com"], None),
    ],
)
def test_nothing_in_an_event_breaks_out_of_a_header(
    organisation: Organisation, server: MailServer, run: Run, email: Any, expected: str | None
) -> None:
    action(organisation, email_subject="{{ data.name }} {{data.more}}")
    happen(
        organisation,
        email=email,
        name="A\r\nBcc: all@example.com\r\n\r\nx\u2028y\udc80".encode("utf-8", "replace").decode(),
        more="\x00\x0b\x85z",
    )
    [delivery] = run()
    assert delivery.status == "delivered"
    [message] = server.taken
    assert message["Bcc"] is None
    assert message["Reply-To"] == expected
    assert message["Subject"] == "A Bcc: all@example.com x y? z"
    assert server.recipients == ["team@example.com"]


def test_what_looks_like_an_encoded_word_is_shown_as_it_was_typed(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    """Encoded words may contain line breaks; decoded, they could write headers, even a body."""
    word = "=?utf-8?q?Eve=0D=0ABcc:_all@example.com=0D=0A=0D=0AHello?="
    action(organisation, name=f"{word} leads", email_subject="{{ data.name }}")
    happen(organisation, email="=?utf-8?q?a=0D=0ABcc?=@example.com", name=word)
    [delivery] = run()
    assert delivery.status == "delivered"
    [message] = server.taken
    assert message["Bcc"] is None
    assert (message["Subject"], message["Reply-To"]) == (word, None)
    assert message["List-Id"].startswith("utf-8?q?Eve=0D=0ABcc:")
    assert "text/html" in [part.get_content_type() for part in message.walk()]


def test_nothing_goes_to_who_has_not_confirmed_until_they_do(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    action(organisation, "team@example.com", confirmed=False)
    happen(organisation)
    [delivery] = run()
    assert server.recipients == []
    assert (delivery.status, delivery.status_code) == ("retrying", None)
    assert delivery.error == UNCONFIRMED
    [attempt] = attempts()
    assert (attempt.failure, attempt.url) == ("unconfirmed", "mailto:team@example.com")
    assert orjson.loads(attempt.response_headers) == [["team@example.com", UNCONFIRMED]]
    factories.confirm(organisation, "Team@example.com")
    make_due()
    [delivery] = run()
    assert (delivery.status, delivery.error) == ("delivered", None)
    assert server.recipients == ["team@example.com"]


def test_who_has_confirmed_gets_it_at_once_and_the_log_says_who_has_not(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    factories.member(organisation, factories.user("ada@example.com"), "viewer")
    factories.confirm(organisation, "team@example.com")
    addresses = ("Ada@example.com", "team@example.com", "new@example.com")
    action(organisation, *addresses, confirmed=False)
    happen(organisation)
    [delivery] = run()
    assert (delivery.status, delivery.tries) == ("delivered", 1)
    assert delivery.error == f"new@example.com: {UNCONFIRMED}"
    assert server.recipients == ["Ada@example.com", "team@example.com"]


def test_the_word_of_one_organisation_is_not_that_of_another(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    factories.confirm(factories.organisation("Other"), "team@example.com")
    action(organisation, "team@example.com", confirmed=False)
    happen(organisation)
    run()
    assert server.recipients == []


def test_a_member_who_was_removed_gets_no_more_mails(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    membership = factories.member(organisation, factories.user("ada@example.com"), "viewer")
    action(organisation, "ada@example.com", confirmed=False)
    happen(organisation)
    run()
    assert server.recipients == ["ada@example.com"]
    db.session.delete(membership)
    db.session.commit()
    happen(organisation)
    run()
    assert server.recipients == ["ada@example.com"]


def test_who_declined_gets_nothing(
    organisation: Organisation, server: MailServer, run: Run
) -> None:
    row = action(organisation, "team@example.com")
    consent = db.session.get_one(MailRecipient, (organisation.id, "team@example.com"))
    recipients.answer(db.session(), consent, wants_mail=False)
    happen(organisation)
    run()
    assert server.recipients == []
    test_delivery.send_test(db.session(), factories.tenant(organisation), row)
    tested = run()[-1]
    assert (tested.status, tested.error) == ("failed", UNCONFIRMED)
    assert server.recipients == []
