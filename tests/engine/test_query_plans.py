"""The statements of the hot path keep their plans, whatever PostgreSQL's statistics say.

Statistics may be from a time when a table was empty, nothing was being sent, or everything was.
Even then, each statement may look at only a bounded number of rows and pages for each row that it
is about. auto_explain shows what they do as they run.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, event, text

from tests import factories
from tests.support.engine import deliveries
from tests.support.slices import finish
from webhooks_app.channels.contract import Claimed, Tried
from webhooks_app.channels.outcome import Outcome
from webhooks_app.deliveries import overview, replays, retention
from webhooks_app.deliveries.filters import Filters
from webhooks_app.deliveries.log import list_deliveries
from webhooks_app.engine import after_restore, pausing
from webhooks_app.engine.claim import anything_due, claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.dead_engines import free_held_by_dead
from webhooks_app.engine.heartbeat import Heartbeat
from webhooks_app.engine.record import Result, record_result, record_results
from webhooks_app.engine.switching_off import cancel_waiting
from webhooks_app.extensions import db
from webhooks_app.ingest.accept import IngestRequest
from webhooks_app.ingest.one_statement import store_plain
from webhooks_app.ingest.selection import select_before
from webhooks_app.lib.paging import PageBounds
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation, ReplayBatch
from webhooks_app.operations import slices
from webhooks_app.subscriptions.auto_disable import cancel_left_over
from webhooks_app.vocabulary import Failure

# SQLite keeps no such statistics by default.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

ROWS, ENDPOINTS, DUE, FEW = 20_000, 10, 2_000, 20
BATCH = 200
LEASE = timedelta(seconds=30)
TABLES = ("queue", "deliveries", "events", "attempts", "event_keys")

LOAD = """
    INSERT INTO events (id, organisation_id, mode, type, data, origin, fan_out, hops, occurred_at,
        created_at)
    SELECT 'evt_' || lpad(n::text, 26, '0'), :organisation, 'live', 'lead.captured', '{}', 'api',
        1, 0, now(), now()
    FROM generate_series(:after + 1, :until) AS n;
    INSERT INTO deliveries (id, organisation_id, mode, subscription_id, event_id, trigger,
        wire_format, status, tries, failures, created_at)
    SELECT 'msg_' || lpad(n::text, 26, '0'), :organisation, 'live',
        (CAST(:subscriptions AS text[]))[1 + n % :endpoints], 'evt_' || lpad(n::text, 26, '0'),
        'event', 'standard', CAST(:status AS text), 1, 0, now()
    FROM generate_series(:after + 1, :until) AS n;
    INSERT INTO queue (delivery_id, subscription_id, due_at, tries, leased_until)
    SELECT id, subscription_id, now(), tries, now() + interval '1 hour' FROM deliveries
    WHERE status = 'sending';
"""
QUEUED = """
    INSERT INTO queue (delivery_id, subscription_id, due_at, tries)
    SELECT id, subscription_id, now(), tries FROM deliveries WHERE status = 'pending'
    ON CONFLICT DO NOTHING;"""
# The first claim after many rows went passes their index entries, and marks them as dead.
TIDY = """
    SET enable_seqscan = off;
    SET enable_bitmapscan = off;
    SELECT count(*) FROM queue WHERE NOT delayed AND subscription_id > '';"""
# Everything is delivered, except the last ones.
SETTLE = f"""
    DELETE FROM queue WHERE delivery_id < 'msg_01';
    UPDATE deliveries SET status = 'delivered', finished_at = now() WHERE id < 'msg_01';
    UPDATE deliveries SET status = 'pending', finished_at = NULL, tries = 0
    WHERE id > 'msg_' || lpad(CAST(:settled AS text), 26, '0') AND id < 'msg_01';
    {QUEUED}
    {TIDY}
"""
OPEN = f"""
    UPDATE deliveries SET status = 'pending', finished_at = NULL WHERE id > :last;
    {QUEUED}"""
TRIES = """
    INSERT INTO attempts (delivery_id, number, outcome, url, request_headers, response_headers,
        response_body, response_truncated, started_at, duration_ms)
    SELECT id, 1, 'succeeded', 'https://a.example', '{}', '[]', '', false, now(), 1
    FROM deliveries;
    UPDATE deliveries SET tries = 1;
"""
# As the trigger does.
KEYED = """
    INSERT INTO event_keys SELECT :organisation, 'live', 'source_id', n::text, 'evt_1'
    FROM generate_series(0, 20000) AS n;
"""
# Many more subscriptions, each with a retry in an hour.
WAITING = """
    INSERT INTO deliveries (id, organisation_id, mode, subscription_id, event_id, trigger,
        wire_format, status, tries, failures, created_at)
    SELECT 'msg_1' || lpad(n::text, 25, '0'), :organisation, 'live',
        'sub_1' || lpad(n::text, 25, '0'), 'evt_' || lpad(n::text, 26, '0'), 'event', 'standard',
        'retrying', 1, 1, now()
    FROM generate_series(1, :waiting) AS n;
    INSERT INTO queue (delivery_id, subscription_id, due_at, delayed, tries)
    SELECT id, subscription_id, now() + interval '1 hour', true, 1 FROM deliveries
    WHERE status = 'retrying';
"""
LAST_DUE = "msg_1" + "200".zfill(25)

MANY_ORGANISATIONS = """
    INSERT INTO organisations SELECT (jsonb_populate_record(
        NULL::organisations, to_jsonb(o) || jsonb_build_object('id', 'org_' || n)
    )).* FROM (SELECT * FROM organisations LIMIT 1) AS o, generate_series(1, %d) AS n"""


@dataclass
class Cost:
    """The cost of one statement: pages and examined rows."""

    statement: str
    pages: int
    rows: int
    plan: tuple[str, ...]


@pytest.fixture
def own_statistics(app: Flask) -> Iterator[None]:
    """Only the test analyses the tables; they are empty, and the statistics say so."""
    _each_partition("ALTER TABLE {} SET (autovacuum_enabled = false)")
    _all_tables("VACUUM FULL {}", "ANALYZE {}")
    yield
    db.session.rollback()
    _each_partition("ALTER TABLE {} RESET (autovacuum_enabled)")
    _all_tables("TRUNCATE {}", "ANALYZE {}")


@pytest.fixture
def subscriptions(own_statistics: None, organisation: Organisation) -> list[str]:
    return [factories.webhook(organisation, "https://a.example").id for _ in range(ENDPOINTS)]


@pytest.fixture(params=["of an empty table", "while nothing was sent", "while all was sent"])
def stale(
    request: pytest.FixtureRequest, organisation: Organisation, subscriptions: list[str]
) -> list[str]:
    """20,000 deliveries, 2,000 of which are due, and statistics taken at another time; the ids of
    their subscriptions."""
    status = "sending" if request.param == "while all was sent" else "delivered"
    load(organisation, subscriptions, status)
    if request.param != "of an empty table":
        _all_tables("ANALYZE {}")
    run_script(SETTLE, settled=ROWS - DUE)
    return subscriptions


@pytest.fixture
def long_log(organisation: Organisation, subscriptions: list[str]) -> None:
    """A few deliveries of one webhook are open, which PostgreSQL cannot know.

    It keeps no statistics of the condition, and takes almost all rows to fulfil it.
    """
    load(organisation, subscriptions[:1] * ENDPOINTS, "delivered")
    run_script(OPEN, last=f"msg_{ROWS - FEW:026}")
    _all_tables("ANALYZE {}")


def load(
    organisation: Organisation,
    subscriptions: list[str],
    status: str,
    after: int = 0,
    until: int = ROWS,
) -> None:
    run_script(
        LOAD,
        organisation=organisation.id,
        subscriptions=subscriptions,
        endpoints=ENDPOINTS,
        after=after,
        until=until,
        status=status,
    )


def _each_partition(statement: str) -> None:
    """Or the table itself, if it has none: a partitioned table has no settings of its own."""
    leaves = text("SELECT relid::regclass::text FROM pg_partition_tree(:table) WHERE isleaf")
    with db.engine.connect() as connection:
        names = [name for one in TABLES for name in connection.scalars(leaves, {"table": one})]
    run_script("".join(f"{statement.format(name)};" for name in names))


def _all_tables(*statements: str) -> None:
    run_script("".join(f"{one.format(table)};" for table in TABLES for one in statements))


def run_script(script: str, **values: Any) -> None:
    """Over its own connection, like another process."""
    db.session.commit()
    other = create_engine(db.engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with other.connect() as connection:
        for statement in script.split(";")[:-1]:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), used)


@contextmanager
def explained() -> Iterator[list[Cost]]:
    """The costs of statements on new connections."""
    costs: list[Cost] = []

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        _, found, plan = (diagnostic.message_primary or "").partition("plan:\n")
        if found:
            costs.append(_cost(json.loads(plan)))

    def connected(connection: psycopg.Connection, _record: object) -> None:
        connection.add_notice_handler(note)
        connection.execute(
            "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;"
            "SET auto_explain.log_analyze = on; SET auto_explain.log_buffers = on;"
            "SET auto_explain.log_timing = off; SET auto_explain.log_format = json;"
            "SET auto_explain.log_level = notice"
        )
        connection.commit()

    db.session.rollback()
    db.engine.dispose()
    event.listen(db.engine, "connect", connected)
    yield costs
    event.remove(db.engine, "connect", connected)
    db.session.rollback()
    db.engine.dispose()


def _cost(plan: dict[str, Any]) -> Cost:
    root = plan["Plan"]
    pages = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    return Cost(plan["Query Text"], pages, _rows(root), tuple(_nodes(root)))


def _nodes(node: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """For reading why it failed."""
    where = node.get("Index Name") or node.get("Relation Name") or ""
    looked_at = f"{node['Actual Rows']} x {node['Actual Loops']}"
    yield f"{'  ' * depth}{node['Node Type']} {where} {looked_at}"
    for inner in node.get("Plans", ()):
        yield from _nodes(inner, depth + 1)


def _rows(node: dict[str, Any]) -> int:
    """The rows that this node and those below it examined, kept or not.

    Index entries that lead to dead rows count only as pages.
    """
    if node["Node Type"] == "Bitmap Index Scan":
        return 0
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    own = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return int(own) + sum(map(_rows, node.get("Plans", ())))


def check(costs: list[Cost], touched: int) -> None:
    """Every statement costs a bounded number of pages and rows for each row touched."""
    assert costs
    for cost in costs:
        costly = cost.pages > 60 * touched + 400 or cost.rows > 30 * touched + 400
        assert not costly, "\n".join((cost.statement, f"{cost.pages} pages", *cost.plan))


def claimed(limit: int = BATCH) -> list[Claimed]:
    return claim(db.engine, ClaimRequest(limit=limit, free={}), LEASE)


def results(claims: list[Claimed]) -> list[Result]:
    """Some are delivered, some tried again, some given up."""
    endings = ((None, None), (Failure.STATUS, 60.0), (Failure.STATUS, None))
    return [
        Result(one, Tried("https://a.example", Outcome(failure, "bad", utcnow(), 0.1)), retry_in)
        for n, one in enumerate(claims)
        for failure, retry_in in (endings[n % 3],)
    ]


def test_an_accept_of_many(stale: list[str], organisation: Organisation) -> None:
    """In an installation of many organisations."""
    db.session.connection().exec_driver_sql(MANY_ORGANISATIONS % (ROWS // 10))
    tenant = Tenant(organisation.id, "live")
    run_script("ANALYZE organisations;")  # as autovacuum does, sooner or later
    leads = [factories.lead() for _ in range(BATCH // ENDPOINTS)]
    asked = [IngestRequest(tenant, [one]) for one in leads]
    for one in asked:
        one.selection = select_before(db.engine, tenant, one.events)
    with explained() as costs:
        store_plain(db.engine, asked)
    assert [one.outcome()[0].deliveries for one in asked] == [ENDPOINTS] * len(asked)
    check(costs, BATCH)


@pytest.mark.parametrize("is_repeat", [True, False])
def test_an_accept_of_many_with_keys(
    stale: list[str], organisation: Organisation, is_repeat: bool
) -> None:
    run_script(KEYED, organisation=organisation.id)
    tenant = Tenant(organisation.id, "live")
    leads = [
        factories.lead(source_id=f"{n}" if is_repeat else f"new-{n}", idempotency_key=f"key-{n}")
        for n in range(BATCH // ENDPOINTS)
    ]
    asked = [IngestRequest(tenant, [one]) for one in leads]
    for one in asked:
        one.selection = select_before(db.engine, tenant, one.events)
    with explained() as costs:
        store_plain(db.engine, asked)
    assert {one.done for one in asked} == {not is_repeat}
    check(costs, BATCH)


def test_a_claim(stale: list[str]) -> None:
    with explained() as costs:
        free = dict.fromkeys(stale, BATCH // ENDPOINTS)
        taken = claim(db.engine, ClaimRequest(limit=BATCH, free=free), LEASE)
    assert len(taken) == BATCH
    check(costs, BATCH)


def test_a_claim_passes_over_what_is_paused(stale: list[str]) -> None:
    run_script("UPDATE subscriptions SET paused_at = now();")
    with explained() as costs:
        assert claimed() == []
        assert not anything_due(db.engine)
    check(costs, ENDPOINTS)


def test_subscriptions_that_only_wait_cost_a_claim_nothing(
    stale: list[str], organisation: Organisation
) -> None:
    run_script(WAITING, organisation=organisation.id, waiting=10_000)
    with explained() as costs:
        assert anything_due(db.engine)
        free = dict.fromkeys(stale, BATCH // ENDPOINTS)
        assert len(claim(db.engine, ClaimRequest(limit=BATCH, free=free), LEASE)) == BATCH
        run_script("UPDATE subscriptions SET paused_at = now();")
        assert claimed() == []
        assert not anything_due(db.engine)
    check(costs, BATCH)


def test_a_promotion(stale: list[str], organisation: Organisation) -> None:
    run_script(WAITING, organisation=organisation.id, waiting=10_000)
    run_script(
        "UPDATE queue SET due_at = now() WHERE delivery_id > 'msg_1' AND delivery_id <= :last;",
        last=LAST_DUE,
    )
    with explained() as costs:
        claim(db.engine, ClaimRequest(limit=1, free={}), LEASE)
    check(costs, 200)
    left = text("SELECT count(*) FROM queue WHERE delayed")
    assert db.session.scalar(left) == 9_800


def test_cancelling_what_waits_for_one(stale: list[str], organisation: Organisation) -> None:
    run_script(WAITING, organisation=organisation.id, waiting=10_000)
    one_of_many = "sub_1" + "1".zfill(25)
    with explained() as costs, db.engine.begin() as connection:
        cancel_waiting(connection, one_of_many)
    check(costs, 1)
    with explained() as costs, db.engine.begin() as connection:
        cancel_waiting(connection, stale[0])
    check(costs, DUE // ENDPOINTS)


def test_a_resume_at_a_rate(stale: list[str]) -> None:
    with explained() as costs, db.engine.begin() as connection:
        pausing.spread(connection, stale[0], utcnow(), rate=0.5)
    check(costs, DUE // ENDPOINTS)
    later = [one for one in deliveries() if one.due_at and one.due_at > utcnow()]
    assert len(later) > DUE // ENDPOINTS * 0.9


def test_asking_whether_anything_is_due(stale: list[str]) -> None:
    with explained() as costs:
        assert anything_due(db.engine)
    check(costs, ENDPOINTS)


def test_freeing_what_a_dead_engine_held(stale: list[str]) -> None:
    dead = Heartbeat(db.engine, busy=lambda: False, freed=lambda: None)
    free = dict.fromkeys(stale, BATCH // ENDPOINTS)
    claim(db.engine, ClaimRequest(limit=BATCH, free=free, heartbeat=dead), LEASE)
    run_script("UPDATE engines SET alive_until = now();")
    with explained() as costs:
        assert free_held_by_dead(db.engine) == BATCH
    check(costs, BATCH)


def test_a_record(stale: list[str]) -> None:
    claims = [one for _ in range(5) for one in claimed()]
    assert len(claims) == BATCH
    with explained() as costs:
        record_results(db.engine, results(claims))
    check(costs, BATCH)


def test_plans_made_while_the_tables_were_small_hold_once_they_have_grown(
    organisation: Organisation, subscriptions: list[str]
) -> None:
    """PostgreSQL keeps the plans of prepared statements until the table is analysed.

    A worker lives for weeks.
    """
    load(organisation, subscriptions, "delivered", until=ROWS // 10)
    _all_tables("ANALYZE {}")
    factories.accepted(organisation, *[factories.lead() for _ in range(30)])
    with explained() as costs:
        for _ in range(20):
            record_results(db.engine, results(claimed(ENDPOINTS)))
        load(organisation, subscriptions, "delivered", after=ROWS // 10)
        run_script(SETTLE, settled=ROWS - DUE)
        costs.clear()
        claims = [one for _ in range(5) for one in claimed()]
        check(costs, BATCH // 5)
        costs.clear()
        record_results(db.engine, results(claims))
        check(costs, BATCH)


def test_a_record_of_one(stale: list[str]) -> None:
    [one, *_] = claimed()
    with explained() as costs:
        record_result(db.engine, results([one])[0])
    check(costs, 1)


def test_a_sweep(stale: list[str]) -> None:
    claimed()
    subscription = stale[0]
    db.session.execute(
        text("UPDATE subscriptions SET enabled = false WHERE id = :id"), {"id": subscription}
    )
    db.session.execute(text("UPDATE queue SET leased_until = now() - interval '1 minute'"))
    db.session.commit()
    with explained() as costs:
        cancel_left_over(db.engine)
    check(costs, DUE // ENDPOINTS)


def test_the_overview(long_log: None, organisation: Organisation) -> None:
    with explained() as costs:
        assert overview.of(db.session(), factories.tenant(organisation)).waiting == FEW
    check(costs, FEW)


def test_a_page_of_the_log_looks_into_one_partition(
    long_log: None, organisation: Organisation
) -> None:
    run_script(TRIES)
    with explained() as costs:
        page = list_deliveries(
            db.session(), factories.tenant(organisation), Filters(), PageBounds(FEW)
        )
    assert len(page.rows) == FEW
    looked_into = {
        line.split()[2]
        for cost in costs
        for line in cost.plan
        if " attempts_" in line and not line.endswith(" x 0")
    }
    assert len(looked_into) == 1


def test_what_was_open_at_a_backup(long_log: None) -> None:
    with explained() as costs:
        assert after_restore.count_open(db.engine) == FEW
        assert after_restore.cancel_open(db.engine) == FEW
    check(costs, FEW)


def test_retention(stale: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of batches, each of which depends on what it deletes."""
    for limit in ("FIRST", "LEAST", "MOST"):
        monkeypatch.setattr(slices, limit, 1000)
    with explained() as costs:
        deleted = finish(retention.expired(db.engine, utcnow(), 90))
    assert deleted == 2 * (ROWS - DUE)
    assert len(costs) > 2 * (ROWS - DUE) / 1000
    check(costs, 1000)


def test_retention_of_one_organisation(
    stale: list[str], organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not walk over the rows of others, which are older and many."""
    monkeypatch.setattr(slices, "FIRST", FEW // 2)
    own = factories.organisation("Own")
    endpoints = [factories.webhook(own, "https://b.example").id] * ENDPOINTS
    load(own, endpoints, "delivered", after=ROWS, until=ROWS + FEW)
    with explained() as costs:
        assert finish(retention.expired_of(db.engine, own.id, utcnow(), 7)) == 2 * FEW
    check(costs, FEW)


def test_a_replay_of_many(stale: list[str], organisation: Organisation) -> None:
    now = utcnow()
    batch = ReplayBatch(
        id="rpl_1",
        organisation_id=organisation.id,
        mode="live",
        filters=Filters(subscription_id=stale[0], status="delivered").as_json(),
        end="msg_" + "9" * 26,
        delivery_ids=[],
        requested_by="ada@example.com",
        status="running",
        total=1,
        created_at=now,
        updated_at=now,
    )
    db.session.add(batch)
    db.session.commit()
    with explained() as costs:
        found = replays._step(db.session(), db.session.get_one(ReplayBatch, "rpl_1"))
    assert found
    assert len(deliveries()) > ROWS
    check(costs, replays.STEP)
