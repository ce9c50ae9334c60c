"""How fast one worker process sends the mails of events, beside a bare smtplib loop."""

import smtplib
import time
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from bench.mail_sink import MailSink
from bench.support import fill, product, settle
from tests import factories
from webhooks_app.channels.email.mime import as_bytes
from webhooks_app.engine.claim import claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.engine import Engine
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.mail.about import MailAction, read_about
from webhooks_app.mail.compose import compose
from webhooks_app.mail.service import desk_of
from webhooks_app.models import Delivery, Queued, Subscription
from webhooks_app.parts import parts_of

ACTIONS = 10
SENDER = "hookline@example.com"
TO = "team@example.com"


def run(count: int) -> dict[str, Any]:
    """The limit sends the same finished mail over one connection, and stores nothing."""
    with (
        MailSink() as sink,
        product(
            smtp_host="127.0.0.1",
            smtp_port=sink.port,
            smtp_security="none",
            mail_from=f"Hookline <{SENDER}>",
            public_url="https://hooks.example.com",
        ) as made,
    ):
        organisation = factories.organisation()
        actions = [
            factories.action(organisation, "", channel="email", email_to=[TO])
            for _ in range(ACTIONS)
        ]
        fill(organisation, actions, count)
        settle()
        limit = _bare(sink.port, _letter(made.app), count)
        drained = _drain(made.app, count)
        ratio = round(drained["per_s"] / limit["limit_per_s"], 3)
        return {"mails": count, **limit, "ratio": ratio, **drained}


def _letter(app: Flask) -> bytes:
    """The bytes of one of those mails."""
    [claimed] = claim(db.engine, ClaimRequest(limit=1, free={}), timedelta(0))
    with db.engine.begin() as connection:
        row = db.session.get_one(Subscription, claimed.subscription_id)
        action = MailAction.of(row.id, row)
        about = read_about(connection, action, claimed)
        letters = compose(action, claimed, about, desk_of(parts_of(app).settings))
    db.session.rollback()
    return as_bytes(letters[0])


def _bare(port: int, data: bytes, count: int) -> dict[str, Any]:
    cpu, start = time.process_time(), time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for _ in range(count):
            connection.sendmail(SENDER, [TO], data)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {
        "bytes_each": len(data),
        "limit_per_s": round(count / seconds),
        "limit_cpu_us_each": round(cpu / count * 1e6),
    }


def _drain(app: Flask, count: int) -> dict[str, Any]:
    engine = Engine(engine_parts(app))
    engine.start()
    cpu, start = time.process_time(), time.perf_counter()
    while _open():
        engine.drain(60)
        time.sleep(0.05)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    engine.stop()
    delivered = select(func.count()).select_from(Delivery).where(Delivery.status == "delivered")
    assert db.session.scalar(delivered) == count
    db.session.rollback()
    return {"per_s": round(count / seconds), "cpu_us_each": round(cpu / count * 1e6)}


def _open() -> bool:
    open_ = db.session.scalar(select(Queued.delivery_id).limit(1))
    db.session.rollback()
    return open_ is not None
