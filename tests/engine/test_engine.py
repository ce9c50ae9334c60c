"""The engine with real receivers: what arrives, what is logged, what follows."""

import gzip
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from standardwebhooks import Webhook
from standardwebhooks import WebhookVerificationError as Refused
from svix.webhooks import Webhook as SvixWebhook
from svix.webhooks import WebhookVerificationError as SvixRefused

from tests import factories
from tests.support.authority import Authority
from tests.support.engine import Run, attempts, deliveries, make_due, queue_rows, running, settle
from tests.support.open_deliveries import arrange
from tests.support.raw_server import OK, sends, server
from tests.support.receiver import Answer, Received, Receiver, once
from tests.support.servers import PATIENCE, free_port, let_it_only_read, wait_until
from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.channels.webhook.verify import detect, verify
from webhooks_app.deliveries.detail import request_body
from webhooks_app.engine import engine as engine_module
from webhooks_app.engine import recorder
from webhooks_app.engine.claim import claim_and_promote
from webhooks_app.engine.engine import Engine
from webhooks_app.engine.heartbeat import Heartbeat
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.lib.errors import DATABASE_AWAY
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    DeliveryStat,
    Event,
    Notification,
    Organisation,
    Subscription,
    SubscriptionHealth,
)
from webhooks_app.parts import parts_of
from webhooks_app.subscriptions.service import update_subscription


def health(subscription: Subscription) -> SubscriptionHealth:
    db.session.rollback()
    found = db.session.get_one(SubscriptionHealth, subscription.id, populate_existing=True)
    db.session.commit()
    db.session.refresh(found)
    db.session.expunge(found)
    db.session.rollback()
    return found


def test_it_sends_a_signed_request_that_the_public_libraries_accept(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    [delivery] = run()
    [request] = receiver.received
    for library, refusal in ((Webhook, Refused), (SvixWebhook, SvixRefused)):
        library(factories.SECRET).verify(request.body, request.headers)
        with pytest.raises(refusal):
            library(factories.SECRET).verify(request.body + b" ", request.headers)
    assert request.delivery_id == delivery.id
    assert orjson.loads(request.body)["data"] == {"name": "Ada", "email": "ada@example.com"}


def test_it_logs_the_request_and_the_answer(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(201, {"X-Seen": "yes"}, b"thanks")
    factories.webhook(organisation, receiver.url, headers={"X-Token": "very secret"})
    factories.accepted(organisation)
    [delivery] = run()
    [attempt] = attempts()
    assert (delivery.status, delivery.status_code, delivery.tries) == ("delivered", 201, 1)
    assert (delivery.due_at, queue_rows()) == (None, [])
    assert delivery.finished_at is not None
    assert (attempt.outcome, attempt.number, attempt.status_code) == ("succeeded", 1, 201)
    assert (attempt.url, attempt.response_body) == (receiver.url, b"thanks")
    assert ("X-Seen", "yes") in attempt.received_headers
    assert attempt.sent_headers["webhook-id"] == delivery.id
    assert "content-length" in {name.lower() for name, _ in attempt.received_headers}
    assert "content-length" not in attempt.response_headers.lower()  # a number stands for it
    assert receiver.received[0].headers["x-token"] == "very secret"
    assert "very secret" not in attempt.request_headers


def test_it_logs_how_long_each_part_took_and_where_it_went(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(delay=0.1)
    factories.webhook(organisation, receiver.url.replace("127.0.0.1", "localhost"))
    factories.accepted(organisation)
    waits_since = utcnow() - timedelta(seconds=5)
    arrange(due_at=waits_since)
    run()
    [attempt] = attempts()
    assert (attempt.address, attempt.http_version) == ("127.0.0.1", "1.1")
    assert (attempt.tls_ms, attempt.tls_version, attempt.certificate_ends_at) == (None, None, None)
    assert attempt.queue_ms is not None
    assert 5000 <= attempt.queue_ms < 60_000
    assert attempt.first_byte_ms is not None
    assert 100 <= attempt.first_byte_ms <= attempt.duration_ms
    assert None not in (attempt.lookup_ms, attempt.connect_ms, attempt.body_ms)


def test_it_logs_the_handshake(
    organisation: Organisation, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    ends = (utcnow() + timedelta(days=9)).replace(microsecond=0)
    with server(sends(OK), authority.server(ends=ends)) as port:
        factories.webhook(organisation, f"https://localhost:{port}/")
        factories.accepted(organisation)
        [delivery] = run()
    [attempt] = attempts()
    assert (delivery.status, attempt.tls_version) == ("delivered", "1.3")
    assert attempt.certificate_ends_at == ends
    assert attempt.tls_ms is not None


def test_it_counts_in_the_same_write(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(500 if b"bad" in request.body else 200)
    webhook = factories.webhook(organisation, receiver.url, retry_policy={"delays": []})
    factories.accepted(organisation, *[factories.lead() for _ in range(5)])
    factories.accepted(organisation, factories.lead(data='{"name":"bad"}'))
    run()
    counted = health(webhook)
    assert (counted.delivered, counted.failed, counted.failed_attempts) == (5, 1, 1)
    stats = db.session.execute(select(DeliveryStat.outcome, DeliveryStat.count)).all()
    totals = {outcome: sum(n for o, n in stats if o == outcome) for outcome, _ in stats}
    assert totals == {"delivered": 5, "failed": 1}


def test_it_retries_after_the_delay_of_the_policy_with_the_same_id_and_bytes(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(503)
    webhook = factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    [delivery] = run()
    [attempt] = attempts()
    assert (delivery.status, delivery.failures) == ("retrying", 1)
    assert delivery.due_at is not None
    delay, taken = delivery.due_at - attempt.started_at, utcnow() - attempt.started_at
    assert timedelta(seconds=60) <= delay <= timedelta(seconds=66) + taken
    receiver.answer = lambda request: Answer(200)
    webhook.name = "Edited meanwhile"
    db.session.commit()
    make_due()
    [delivery] = run()
    first, second = receiver.received
    assert (delivery.status, delivery.tries, delivery.failures) == ("delivered", 2, 1)
    assert (first.body, first.delivery_id) == (second.body, second.delivery_id)
    assert [(a.number, a.outcome) for a in attempts()] == [(1, "failed"), (2, "succeeded")]


def test_a_new_url_is_for_new_deliveries_only(
    app: Flask, organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(503)
    webhook = factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    run()
    session, vault, guard = db.session(), parts_of(app).vault, parts_of(app).guard
    for path in ("/newer", "/newest"):
        update_subscription(
            session, webhook, {"url": receiver.url + path}, vault, guard, ping=False
        )
        factories.accepted(organisation)
    make_due()
    run()
    assert sorted(request.path for request in receiver.received[1:]) == [
        "/hook",
        "/hook/newer",
        "/hook/newest",
    ]


def test_a_former_url_that_is_gone_disables_nothing(
    app: Flask, organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(410 if request.path == "/hook" else 200)
    webhook = factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    session, vault, guard = db.session(), parts_of(app).vault, parts_of(app).guard
    update_subscription(session, webhook, {"url": receiver.url + "/new"}, vault, guard, ping=False)
    [delivery] = run()
    assert delivery.status == "failed"
    db.session.refresh(webhook)
    assert webhook.enabled


def test_it_waits_as_long_as_retry_after_asks(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(429, {"Retry-After": "600"})
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    [delivery] = run()
    [attempt] = attempts()
    assert delivery.due_at is not None
    assert delivery.due_at - attempt.started_at >= timedelta(seconds=600)


def test_it_gives_up_after_the_last_delay_and_tells_the_members_once(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(500)
    factories.webhook(organisation, receiver.url, retry_policy={"delays": [1]})
    factories.accepted(organisation, factories.lead(), factories.lead())
    run()
    make_due()
    rows = run()
    assert {(d.status, d.tries, d.due_at) for d in rows} == {("failed", 2, None)}
    notes = db.session.scalars(select(Notification)).all()
    assert [note.kind for note in notes] == ["delivery_failed"]


@pytest.mark.parametrize(("status", "then"), [(404, "failed"), (503, "retrying")])
def test_a_policy_says_which_answers_are_tried_again(
    organisation: Organisation, receiver: Receiver, run: Run, status: int, then: str
) -> None:
    receiver.answer = lambda request: Answer(status)
    factories.webhook(organisation, receiver.url, retry_policy="pivotal", wire_format="pivotal")
    factories.accepted(organisation)
    [delivery] = run()
    assert delivery.status == then


def test_every_format_is_sent_signed_and_as_the_log_shows_it(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    for name in FORMATS:
        factories.webhook(organisation, f"{receiver.url}/{name}", wire_format=name)
    factories.accepted(organisation)
    rows = {row.wire_format: row for row in run()}
    assert {row.status for row in rows.values()} == {"delivered"}
    for request in receiver.received:
        name = request.path.rpartition("/")[2]
        event = db.session.get_one(Event, rows[name].event_id)
        assert request.body.decode() == request_body(rows[name], event)
        if FORMATS[name].signature_header:
            assert detect(request.headers) == name
            verify(name, factories.SECRET, request.headers, request.body, int(request.at))
        else:
            assert detect(request.headers) is None


def test_it_disables_after_410_and_cancels_what_waits(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    webhook = factories.webhook(organisation, receiver.url)
    receiver.answer = lambda request: Answer(500)
    factories.accepted(organisation)
    run()
    receiver.answer = lambda request: Answer(410)
    factories.accepted(organisation)
    first, second = run()
    assert (first.status, second.status) == ("cancelled", "failed")
    db.session.refresh(webhook)
    assert not webhook.enabled
    assert "410" in (webhook.disabled_reason or "")
    assert factories.accepted(organisation)[0].deliveries == 0
    kinds = set(db.session.scalars(select(Notification.kind)))
    assert "endpoint_disabled" in kinds


def test_it_does_not_follow_redirects(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(302, {"Location": receiver.url})
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    [delivery] = run()
    assert (delivery.status, delivery.status_code, len(receiver.received)) == ("retrying", 302, 1)


def test_it_cuts_long_answers_and_stores_any_bytes(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(
        200, {"X-Odd": "a\xffb"}, b"\x00\xff<script>" + b"x" * 1_000_000
    )
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    [delivery] = run()
    [attempt] = attempts()
    assert delivery.status == "delivered"
    assert attempt.response_truncated
    assert len(attempt.response_body) == 16 * 1024
    assert attempt.response_body.startswith(b"\x00\xff<script>")


def test_it_stores_a_compressed_answer_as_it_came(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    receiver.answer = lambda request: Answer(200, {"Content-Encoding": "gzip"}, bomb)
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    run()
    assert attempts()[0].response_body == bomb[: 16 * 1024]


@pytest.mark.parametrize(
    ("url", "failure"),
    [
        ("http://127.0.0.1:{free}/", "connect"),
        ("https://127.0.0.1:{open}/", "tls"),
        ("http://no-such-name.invalid/", "dns"),
        ("http://10.255.255.1/", "refused"),
    ],
)
def test_it_names_what_went_wrong_and_retries(
    organisation: Organisation, receiver: Receiver, run: Run, url: str, failure: str
) -> None:
    factories.webhook(organisation, url.format(free=free_port(), open=receiver.port))
    factories.accepted(organisation)
    [delivery] = run()
    [attempt] = attempts()
    assert (attempt.failure, attempt.outcome, delivery.status) == (failure, "failed", "retrying")
    assert attempt.error
    assert attempt.error == delivery.error


def test_it_sends_nothing_for_a_secret_that_no_key_opens(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    webhook = factories.webhook(organisation, receiver.url)
    webhook.sealed_secret = "gAAAAA-sealed-with-a-key-that-is-gone"
    db.session.commit()
    factories.accepted(organisation)
    [delivery] = run()
    assert receiver.received == []
    assert delivery.status == "retrying"
    assert "ENCRYPTION_KEYS" in (delivery.error or "")


def test_an_endpoint_is_given_as_long_as_its_webhook_says(
    organisation: Organisation, engine: Engine
) -> None:
    told = threading.Event()
    with Receiver(once(told)) as slow:
        factories.webhook(organisation, slow.url, timeout=1.0)
        factories.accepted(organisation)
        assert engine.drain(PATIENCE)
        wait_until(lambda: not engine.busy)
        told.set()
    [delivery] = deliveries()
    assert (delivery.status, delivery.error) == ("retrying", "No complete answer within 1 s")


def test_a_single_delivery_costs_a_single_claim(
    engine: Engine,
    organisation: Organisation,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    claims: list[int] = []

    def counted(*arguments: Any) -> tuple[list[Claimed], bool]:
        claimed, has_promoted = claim_and_promote(*arguments)
        claims.append(len(claimed))
        return claimed, has_promoted

    monkeypatch.setattr("webhooks_app.engine.engine.claim_and_promote", counted)
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    assert engine.drain(PATIENCE)
    wait_until(lambda: not engine.busy)
    assert [one.status for one in deliveries()] == ["delivered"]
    assert claims == [1]


def test_a_slow_endpoint_delays_nobody(
    organisation: Organisation, receiver: Receiver, engine: Engine
) -> None:
    told = threading.Event()
    with Receiver(once(told)) as slow:
        factories.webhook(organisation, slow.url)
        factories.accepted(organisation, *[factories.lead() for _ in range(40)])
        db.session.commit()
        assert engine.drain(PATIENCE)
        factories.webhook(organisation, receiver.url, event_types=["lead.updated"])
        factories.accepted(organisation, factories.lead(type="lead.updated"))
        assert engine.drain(PATIENCE)
        wait_until(lambda: len(receiver.received) == 1, every=0.002)
        told.set()
        wait_until(lambda: len(slow.received) == 40)
        wait_until(lambda: not engine.busy)


def test_what_failed_while_its_subscription_was_switched_off_is_cancelled(
    app: Flask, organisation: Organisation, receiver: Receiver, engine: Engine
) -> None:
    told = threading.Event()
    receiver.answer = once(told, 500)
    webhook = factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    assert engine.drain(PATIENCE)
    wait_until(lambda: len(receiver.received) == 1)
    webhook.enabled = False
    db.session.commit()
    told.set()
    wait_until(lambda: not engine.busy)
    [delivery] = deliveries()
    assert (delivery.status, delivery.due_at) == ("cancelled", None)


def test_it_never_has_more_in_flight_than_it_may(
    app: Flask, organisation: Organisation, receiver: Receiver
) -> None:
    told = threading.Event()
    receiver.answer = once(told)
    for _ in range(4):
        factories.webhook(organisation, receiver.url)
    factories.accepted(organisation, *[factories.lead() for _ in range(20)])
    engine = Engine(replace(engine_parts(app), max_in_flight=9))
    engine.start()
    seen = set()

    def settled() -> bool:
        seen.add(engine.in_flight)
        return len(receiver.received) == 80 and not engine.busy

    db.session.rollback()
    engine.drain(0.1)
    wait_until(lambda: engine.in_flight == 8)
    told.set()
    wait_until(settled, every=0.001)
    engine.stop()
    assert max(seen) == 8


def test_it_forgets_endpoints_that_it_has_not_met_for_long_and_serves_them_still(
    organisation: Organisation, receiver: Receiver, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks_app.engine.endpoints.KEPT", 3)
    for _ in range(8):
        factories.webhook(organisation, receiver.url)
    for _ in range(3):
        factories.accepted(organisation)
        run()
    assert len(receiver.received) == 24
    assert {row.status for row in deliveries()} == {"delivered"}


def test_a_subscription_that_cannot_be_read_fails_alone(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    broken = factories.webhook(organisation, receiver.url)
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    broken.retry_policy = "no such policy"
    db.session.commit()
    by_subscription = {row.subscription_id == broken.id: row for row in run()}
    assert by_subscription[False].status == "delivered"
    assert by_subscription[True].status == "retrying"
    assert "no such" not in (by_subscription[False].error or "")
    assert "retry policy" in (by_subscription[True].error or "")


def test_one_organisation_never_takes_all_that_may_be_in_flight(
    app: Flask, organisation: Organisation, receiver: Receiver
) -> None:
    others = factories.organisation("Others")
    told = threading.Event()
    with Receiver(once(told)) as hanging:
        for _ in range(30):
            factories.webhook(organisation, hanging.url)
        factories.accepted(organisation, *[factories.lead() for _ in range(4)])
        engine = Engine(replace(engine_parts(app), max_in_flight=40))
        engine.start()
        db.session.rollback()
        engine.drain(1)
        factories.webhook(others, receiver.url)
        factories.accepted(others)
        engine.drain(1)
        wait_until(lambda: len(receiver.received) == 1)
        told.set()
        engine.stop()


def test_it_finishes_what_is_in_flight_when_it_stops_and_claims_no_more(
    organisation: Organisation, receiver: Receiver, engine: Engine
) -> None:
    told = threading.Event()
    receiver.answer = once(told)
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation, *[factories.lead() for _ in range(40)])
    db.session.commit()
    assert engine.drain(PATIENCE)
    wait_until(lambda: len(receiver.received) == ConcurrencyWindow.INITIAL)
    engine.stop_soon()
    told.set()
    engine.stop()
    rows = deliveries()
    sent = set(receiver.delivery_ids)
    assert {row.id for row in rows if row.status == "delivered"} == sent
    assert len(receiver.received) == len(sent) < 40
    assert {row.status for row in rows} == {"delivered", "pending"}


def test_it_can_be_stopped_again_while_it_ends(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal stops it, and so does its worker, whose loop may be over by then."""
    ending, go_on = threading.Event(), threading.Event()

    def slowly(_: Heartbeat, *, is_clean: bool) -> None:
        ending.set()
        go_on.wait(PATIENCE)

    engine = Engine(engine_parts(app))
    engine.start()
    assert engine.drain(PATIENCE)
    monkeypatch.setattr(Heartbeat, "stop", slowly)
    engine.stop_soon()
    assert ending.wait(PATIENCE)
    engine.stop_soon()
    go_on.set()
    engine.stop()


def test_with_more_due_than_it_may_send_nobody_comes_last_for_ever(
    app: Flask, organisation: Organisation, receiver: Receiver
) -> None:
    receiver.answer = lambda request: Answer(delay=0.01)
    webhooks = [factories.webhook(organisation, receiver.url) for _ in range(6)]
    last = max(webhook.id for webhook in webhooks)
    factories.accepted(organisation, *[factories.lead() for _ in range(40)])
    with running(replace(engine_parts(app), max_in_flight=8)) as engine:
        rows = settle(engine)
    of_last = {row.id for row in rows if row.subscription_id == last}
    order = [id_ in of_last for id_ in receiver.delivery_ids]
    assert sum(order) == 40
    assert order.index(True) < len(order) / 2, order


@pytest.mark.parametrize(("due", "helped"), [(8, False), (200, True)])
def test_it_calls_for_help_when_more_is_due_than_one_claim_takes(
    app: Flask, organisation: Organisation, receiver: Receiver, due: int, helped: bool
) -> None:
    called = threading.Event()
    for _ in range(8):
        factories.webhook(organisation, receiver.url)
    factories.accepted(organisation, *[factories.lead() for _ in range(due // 8)])
    parts = replace(engine_parts(app), max_in_flight=20, call_for_help=called.set)
    with running(parts) as engine:
        settle(engine)
    assert called.is_set() is helped


def test_an_endpoint_that_fails_has_one_request_at_a_time(
    organisation: Organisation, receiver: Receiver, engine: Engine
) -> None:
    first = ConcurrencyWindow.INITIAL
    at_once, most, lock = 0, [0], threading.Lock()
    all_of_first = threading.Barrier(first)

    def answer(_request: Received) -> Answer:
        nonlocal at_once
        with lock:
            at_once += 1
            most.append(at_once)
            is_first = len(most) <= first + 1
        if is_first:
            all_of_first.wait(PATIENCE)
        time.sleep(0.03)
        with lock:
            at_once -= 1
        return Answer(500)

    receiver.answer = answer
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation, *[factories.lead() for _ in range(20)])
    db.session.rollback()
    assert engine.drain(PATIENCE)
    wait_until(lambda: len(receiver.received) == 20)
    assert max(most) == first
    # Requests in flight at the first failure are not counted.
    assert max(most[2 * first :]) <= 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_results_wait_while_the_database_only_reads(
    app: Flask, organisation: Organisation, receiver: Receiver, engine: Engine
) -> None:
    """As during a failover: nothing delivered is sent again because its record is missing."""
    told = threading.Event()
    receiver.answer = once(told)
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    db.session.commit()
    assert engine.drain(PATIENCE)
    wait_until(lambda: len(receiver.received) == 1)
    let_it_only_read(db.engine.url, True)
    try:
        db.engine.dispose()
        told.set()
        time.sleep(1)
        assert engine.busy
    finally:
        let_it_only_read(db.engine.url, False)
    wait_until(lambda: not engine.busy)
    [delivery] = deliveries()
    assert (delivery.status, delivery.tries, len(receiver.received)) == ("delivered", 1, 1)


@pytest.mark.parametrize("step", ["claim_and_promote", "anything_due", "held"])
def test_an_error_of_any_kind_does_not_end_the_engine(
    app: Flask,
    organisation: Organisation,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    limited = factories.webhook(organisation, receiver.url)
    limited.rate_limit = 5
    db.session.commit()
    failures: list[None] = []

    def fail(*_: object) -> None:
        failures.append(None)
        raise KeyError(step)

    engine = Engine(engine_parts(app), look_every=0.02)
    engine.start()
    with monkeypatch.context() as broken:
        broken.setattr(engine_module, step, fail)
        factories.accepted(organisation)
        settle(engine)
        wait_until(lambda: bool(failures), 20)
    factories.accepted(organisation)
    wait_until(lambda: {one.status for one in deliveries()} == {"delivered"}, 20)
    assert len(receiver.received) == 2
    engine.stop()


@pytest.mark.parametrize("error", DATABASE_AWAY)
def test_a_result_waits_whatever_says_that_the_database_is_away(
    run: Run,
    organisation: Organisation,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    """A full pool is no database error, for one."""
    failures: list[None] = []

    def away_at_first(store: Callable[..., None], *args: object, **options: object) -> None:
        if len(failures) > 2:
            return store(*args, **options)
        failures.append(None)
        raise error(None, None, Exception("away")) if issubclass(error, DBAPIError) else error()

    for name in ("record_results", "record_result"):
        monkeypatch.setattr(recorder, name, partial(away_at_first, getattr(recorder, name)))
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    [delivery] = run()
    assert (delivery.status, delivery.tries, len(receiver.received)) == ("delivered", 1, 1)
