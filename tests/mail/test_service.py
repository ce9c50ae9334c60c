"""Mails are written with their cause, sent by a worker to a real server, and kept without one."""

import ssl
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.mail_server import MailServer
from tests.support.servers import PATIENCE, RedisServer, free_port
from tests.support.settings import change_settings
from tests.support.slices import finish
from webhooks_app import queue
from webhooks_app.channels.email.mime import Email, as_bytes
from webhooks_app.extensions import db
from webhooks_app.jobs.mail import post_of, send_pending
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import mail_queue as pipeline
from webhooks_app.mail import service as mail
from webhooks_app.models import Mail
from webhooks_app.parts import parts_of

GOLDEN = Path(__file__).parents[1] / "golden" / "emails"
CONTEXTS = {
    "invitation": {
        "invited_by": "ada@example.com",
        "organisation": "Böhm & <Söhne>",
        "role": "admin",
        "days": 7,
        "link": "https://hooks.example.com/invitations/token",
    },
    "password_reset": {"link": "https://hooks.example.com/password/reset/token"},
    "new_device": {
        "browser": "Mozilla/5.0 <b>Firefox</b>",
        "ip": "203.0.113.7",
        "when": "2 March 2026, 10:00 UTC",
        "link": "https://hooks.example.com/account/",
        "not_me": "https://hooks.example.com/account/not-me/token",
    },
    "second_factor_changed": {
        "what": "The passkey <Laptop> was added.",
        "not_me": "https://hooks.example.com/account/not-me/token",
    },
    "password_changed": {"not_me": "https://hooks.example.com/account/not-me/token"},
    "notice": {
        "title": "12 deliveries of New lead <to the CRM> failed permanently",
        "body": "They failed since 2 March 2026, 10:00 UTC, and are not tried again.",
        "link": "https://hooks.example.com/webhooks/whk_1",
        "recover": "https://hooks.example.com/replays/new?subscription_id=whk_1&window=7d&missing=1",
        "organisation": "Böhm & <Söhne>",
        "test": True,
    },
    "key_expiring": {
        "title": "The API key Back<end> expires soon",
        "body": "The live key that ends in …x7Qa expires on 2 March 2026, 10:00 UTC.",
        "organisation": "Böhm & <Söhne>",
        "test": False,
        "link": "https://hooks.example.com/api-keys/key_1",
    },
    "confirm_address": {
        "organisation": "Böhm & <Söhne>",
        "asked_by": "ada@example.com",
        "action": "Leads <b>now</b>",
        "address": "bob@example.com",
        "days": 7,
        "link": "https://hooks.example.com/confirm-address/token",
    },
    "test_mail": {"link": "https://hooks.example.com"},
}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def smtp(app: Flask, server: MailServer) -> Flask:
    """The app, with that server set."""
    return set_smtp(app, server.port)


def set_smtp(app: Flask, port: int, **more: str) -> Flask:
    values = {
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_security": "none",
        "mail_from": "Hookline <hookline@example.com>",
        "public_url": "https://hooks.example.com/",
        "smtp_timeout": PATIENCE,
    }
    change_settings(app, **(values | more))
    return app


def written(to: str = "ada@example.com", **context: str) -> Mail:
    row = mail.post(db.session(), to, "password_reset", **(CONTEXTS["password_reset"] | context))
    db.session.commit()
    return row


def kept() -> Mail:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Mail)).one()


def run() -> None:
    """The job, while the test holds no transaction."""
    db.session.rollback()
    send_pending()


def send_at(app: Flask, moment: datetime) -> int:
    db.session.rollback()
    return pipeline.send_due(db.engine, post_of(parts_of(app).settings), lambda: moment)


@pytest.mark.parametrize("template", CONTEXTS)
def test_a_mail_looks_as_it_should(app: Flask, template: str) -> None:
    row = mail.post(db.session(), "ada@example.com", template, **CONTEXTS[template])
    assert row.subject == (GOLDEN / template / "subject.txt").read_text().strip()
    assert row.text == (GOLDEN / template / "body.txt").read_text()
    assert row.html == (GOLDEN / template / "body.html").read_text()


def test_an_international_sender_is_written_in_ascii(smtp: Flask, server: MailServer) -> None:
    set_smtp(smtp, server.port, mail_from="Höökline <hookline@exämple.com>")
    written()
    run()
    [message] = server.taken
    assert server.senders == ["hookline@xn--exmple-cua.com"]
    assert message["From"].addresses[0].addr_spec == "hookline@xn--exmple-cua.com"
    assert message["From"].addresses[0].display_name == "Höökline"
    assert message["Message-ID"].endswith("@xn--exmple-cua.com>")


def test_it_is_sent_with_both_bodies_and_then_forgets_them(smtp: Flask, server: MailServer) -> None:
    row = written()
    run()
    [message] = server.taken
    assert server.recipients == ["ada@example.com"]
    assert message["From"] == "Hookline <hookline@example.com>"
    assert message["Message-ID"] == f"<{row.id}@example.com>"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    assert "https://hooks.example.com/password/reset/token" in text.get_content()
    assert "https://hooks.example.com/password/reset/token" in html.get_content()
    after = kept()
    assert (after.status, after.tries, after.text, after.html) == ("sent", 1, "", "")
    assert after.sent_at
    run()
    assert len(server.taken) == 1


def test_a_transaction_that_is_undone_sends_nothing(smtp: Flask, server: MailServer) -> None:
    mail.post(db.session(), "ada@example.com", "password_reset", link="x")
    run()
    assert server.taken == []


def test_a_worker_is_asked_for_on_the_background_queue(
    smtp: Flask, redis_server: RedisServer
) -> None:
    mail.send_soon()
    waiting = queue.queue_named(queue.BACKGROUND, queue.fast_redis(redis_server.url))
    assert [job.func_name for job in waiting.jobs] == [queue.SEND_MAIL]


def test_with_no_server_it_stays_in_the_outbox(app: Flask, redis_server: RedisServer) -> None:
    written()
    mail.send_soon()
    run()
    after = kept()
    assert (after.status, after.tries, after.due_at) == ("outbox", 0, None)
    assert after.text
    waiting = queue.queue_named(queue.BACKGROUND, queue.fast_redis(redis_server.url))
    assert waiting.jobs == []


def test_a_server_that_is_away_is_tried_again_and_given_up_in_the_end(app: Flask) -> None:
    set_smtp(app, free_port())
    written()
    now = utcnow()
    for tries, delay in enumerate(pipeline.DELAYS, 1):
        assert send_at(app, now) == 0
        after = kept()
        assert (after.status, after.tries, after.due_at) == ("pending", tries, now + delay)
        assert "ConnectionRefusedError" in str(after.error)
        assert send_at(app, now + delay - timedelta(seconds=1)) == 0
        assert kept().tries == tries
        now += delay
    send_at(app, now)
    after = kept()
    assert (after.status, after.due_at, after.text) == ("failed", None, "")


@pytest.mark.parametrize(
    ("answer", "status"),
    [("550 5.1.1 No such user", "failed"), ("451 4.3.0 Try again later", "pending")],
)
def test_a_refusal_for_good_is_not_repeated(
    smtp: Flask, server: MailServer, answer: str, status: str
) -> None:
    server.refusals["ada@example.com"] = answer
    written()
    run()
    after = kept()
    assert (after.status, after.error) == (status, f"The mail server refused it: {answer}")
    assert server.taken == []


def test_one_that_cannot_be_sent_holds_up_no_other(smtp: Flask, server: MailServer) -> None:
    server.refusals["bad@example.com"] = "451 later"
    written("bad@example.com")
    written("good@example.com")
    run()
    assert server.recipients == ["good@example.com"]


def test_what_is_being_sent_is_not_taken_by_another_before_its_lease_ran_out(
    smtp: Flask, server: MailServer
) -> None:
    written()
    db.session.rollback()
    now = utcnow()
    assert pipeline._claim(db.engine, now, timedelta(minutes=5)) is not None
    assert pipeline._claim(db.engine, now + timedelta(minutes=4), timedelta(minutes=5)) is None
    assert send_at(smtp, now + timedelta(minutes=5)) == 1


def test_it_logs_in_when_it_is_told_to(app: Flask, server: MailServer) -> None:
    set_smtp(app, server.port, smtp_username="hookline", smtp_password="right")
    written()
    run()
    assert server.logins == [b"hookline"]
    assert len(server.taken) == 1


def test_a_password_that_cannot_be_sent_loses_no_mail(app: Flask, server: MailServer) -> None:
    set_smtp(app, server.port, smtp_username="hookline", smtp_password="gehüm")
    written()
    run()
    after = kept()
    assert (after.status, "ü" in str(after.error), bool(after.text)) == ("pending", False, True)
    set_smtp(app, server.port, smtp_username="hookline", smtp_password="right")
    assert send_at(app, utcnow() + pipeline.DELAYS[0]) == 1


def test_a_wrong_password_is_not_repeated_in_what_is_kept(app: Flask, server: MailServer) -> None:
    set_smtp(app, server.port, smtp_username="hookline", smtp_password="wr0ng-secret")
    written()
    run()
    after = kept()
    assert after.status == "pending"
    assert "SMTPAuthenticationError" in str(after.error)
    assert "wr0ng-secret" not in str(after.error)


def test_without_starttls_nothing_is_sent_in_the_clear(app: Flask, server: MailServer) -> None:
    set_smtp(app, server.port, smtp_security="starttls", smtp_username="hookline")
    written()
    run()
    assert (server.taken, server.logins) == ([], [])
    assert "SMTPNotSupportedError" in str(kept().error)


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(app: Flask, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with MailServer(tls_context=context) as server:
        set_smtp(app, server.port, smtp_security="starttls")
        written()
        run()
        assert server.taken == []
    assert "CERTIFICATE_VERIFY_FAILED" in str(kept().error)


@pytest.mark.parametrize("member", ["sender", "recipient", "subject"])
def test_nothing_breaks_out_of_a_header(member: str) -> None:
    values = {
        "id": "mai_1",
        "sender": "a@example.com",
        "recipient": "b@example.com",
        "subject": "Hello",
        "text": "text",
        "html": "<p>html</p>",
    }
    values[member] += "\r\nBcc: everyone@example.com"
    with pytest.raises(ValueError, match="line break"):
        as_bytes(Email(**values, written_at=utcnow()))


def test_what_cannot_be_written_is_given_up(smtp: Flask, server: MailServer) -> None:
    written("b@example.com\r\nBcc: everyone@example.com")
    run()
    assert kept().status == "failed"
    assert server.taken == []


def test_a_name_with_a_line_break_stays_in_the_subject(smtp: Flask, server: MailServer) -> None:
    context = CONTEXTS["invitation"] | {"organisation": "Acme\r\nBcc: everyone@example.com"}
    mail.post(db.session(), "ada@example.com", "invitation", **context)
    db.session.commit()
    run()
    [message] = server.taken
    assert message["Bcc"] is None
    assert "Acme Bcc: everyone@example.com" in message["Subject"]
    assert server.recipients == ["ada@example.com"]


def test_old_mails_are_deleted_but_for_those_that_wait(smtp: Flask) -> None:
    waiting = written()
    done = written()
    done.status, done.due_at = "sent", None
    db.session.commit()
    finish([pipeline.old_mails(db.engine, utcnow() + timedelta(minutes=1))])
    assert kept().id == waiting.id
