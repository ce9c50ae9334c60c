"""Every bench still runs, on little data. Its results are for people to read."""

import json
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bench import history
from bench.history import DAYS, RETRIED_FOR, History
from bench.support import product
from webhooks_app.extensions import db
from webhooks_app.lib.ids import made_at
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Attempt, Delivery, DeliveryStat, Event, SubscriptionHealth
from webhooks_app.vocabulary import WAITING

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    "command",
    [
        "engine --count 500",
        "engine --count 500 --history 2000",
        "engine --count 500 --tls",
        "path --count 100 --warm 500 --rounds 1 --against .",
        "path --latency --warm 0 --rate 50 --seconds 1",
        "ingest --count 200",
        "ingest --count 1000 --batch 100",
        "latency --count 10",
        "isolation --seconds 1",
        "pages --count 3000 --others 200 --times 1",
        "pages --count 3000 --others 200 --times 1 --against 1000",
        "mail --count 60",
        "waiting --count 500 --seconds 2",
        "wal --count 500",
        "snapshot --count 500 --seconds 2",
        "retention --count 500",
        "partitions --count 500",
        "migrations --count 500",
        "migrations --count 500 --sqlite --kills 1",
    ],
)
def test_a_bench_ends_with_a_line_that_has_its_ratio(command: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bench", *command.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["bench"].split()[0] == command.split()[0]
    assert told["ratio"] > 0
    faults = ("lost", "wrong", "lost_with_kills", "wrong_with_kills", "differences")
    assert not any(told.get(name) for name in faults), told


def test_a_history_that_the_database_copied_is_one_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as one that was written row by row, at every age."""
    monkeypatch.setattr(history, "LOT", 400)
    with product():
        now = utcnow()
        History("Acme", 150, 50).fill(4000)
        deliveries = db.session.scalars(select(Delivery)).all()
        events = {one.id: one for one in db.session.scalars(select(Event))}
        tries = db.session.execute(select(Attempt.delivery_id, Attempt.started_at)).all()
        counted = db.session.scalars(select(DeliveryStat)).all()
        arrived, failed = db.session.execute(
            select(func.sum(SubscriptionHealth.delivered), func.sum(SubscriptionHealth.failed))
        ).one()
        assert len({one.data for one in events.values()}) < len(events) / 3  # they are copies
        assert 3500 < len(deliveries) < 4500
        by_id = {one.id: one for one in deliveries}
        assert sum(one.fan_out for one in events.values()) == len(deliveries)
        assert {one.event_id for one in deliveries} == set(events)
        for one in deliveries:
            at = events[one.event_id].created_at
            assert abs(made_at(one.id) - at) < timedelta(milliseconds=8)
            assert (one.created_at, one.finished_at or at) == (at, at)
            assert one.status not in WAITING or at > now - RETRIED_FOR
        assert all(by_id[id_].created_at == at for id_, at in tries)
        assert len(tries) == sum(one.tries for one in deliveries)
        hours = Counter(at.replace(minute=0, second=0, microsecond=0) for _, at in tries)
        sums: Counter[datetime] = Counter()
        for stat in counted:
            sums[stat.hour] += stat.count
        assert sums == hours
        statuses = Counter(one.status for one in deliveries)
        assert (arrived, failed) == (statuses["delivered"], statuses["failed"])
        for days in range(0, DAYS.days, 5):
            young = now - timedelta(days=days)
            some = [
                one for one in deliveries if young - timedelta(days=5) <= one.created_at < young
            ]
            assert 150 < len(some) < 300
