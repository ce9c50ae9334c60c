"""A dump of PostgreSQL, taken while deliveries are sent, is restored."""

import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey, arrivals
from tests.support.receiver import Receiver
from tests.support.servers import PATIENCE, create_database, postgres_program, wait_until
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Event, Queued
from webhooks_app.operations.integrity_check import audit

BEFORE, AFTER = 800, 150
WATCHED = 8.0
CANCELLED = select(Delivery.id).where(Delivery.status == "cancelled")
EVERYTHING_OPEN = select(Queued.delivery_id)


@pytest.mark.parametrize("choice", ["send", "cancel"])
def test_a_dump_taken_while_sending_is_restored(
    journey: Journey,
    postgres: str,
    slow_receiver: Receiver,
    measured: Measured,
    tmp_path: Path,
    choice: str,
) -> None:
    receiver, dump = slow_receiver, tmp_path / "dump"
    journey.add_webhook(receiver)
    parts = [journey.start_worker(), journey.start_beat()]
    journey.post_many(BEFORE)
    wait_until(arrivals(receiver, 200), 60, every=0.01)
    program("pg_dump", "--format=custom", f"--file={dump}", postgres)
    journey.post_many(AFTER)
    journey.settled()
    once = Counter(receiver.delivery_ids)
    stop(journey, parts)
    accepted = set(journey.accepted)

    db.session.remove()
    db.engine.dispose()
    server, name = postgres.rsplit("/", 1)
    create_database(f"{server}/postgres", name)
    program("pg_restore", "--no-owner", f"--dbname={postgres}", str(dump))
    open_at_the_dump = {id_ for (id_,) in journey.rows(EVERYTHING_OPEN)}
    journey.start_web()
    journey.start_worker()
    journey.start_beat()
    time.sleep(WATCHED)
    assert Counter(receiver.delivery_ids) == once  # the worker waits until somebody says what to do
    journey.command("after-restore", f"--{choice}")
    journey.settled()

    kept = {id_ for (id_,) in journey.rows(select(Event.id))}
    cancelled = {id_ for (id_,) in journey.rows(CANCELLED)}
    lost = accepted - kept
    twice = {id_ for id_, number in Counter(receiver.delivery_ids).items() if number > once[id_]}
    assert len(lost) == AFTER
    assert open_at_the_dump == (twice if choice == "send" else cancelled)
    assert not (cancelled if choice == "send" else twice)
    report = audit(db.engine, 90)
    assert report.ok, report.broken
    measured(
        f"{choice}: {len(lost)} events that were accepted after the dump are gone (all had been "
        f"sent); of {len(open_at_the_dump)} deliveries open at the dump {len(twice)} were sent "
        f"again, with the same ids, and {len(cancelled)} cancelled"
    )


def stop(journey: Journey, parts: "list[subprocess.Popen[bytes]]") -> None:
    for part in [*parts, journey.web]:
        part.terminate()
    for part in [*parts, journey.web]:
        part.wait(PATIENCE)


def program(name: str, *arguments: str) -> None:
    ended = subprocess.run([postgres_program(name), *arguments], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
