"""Claim from PostgreSQL's queue, and look whether anything is due in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Connection

from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.contract import Claimed
from webhooks_app.database.bulk import driver_cursor, force_index_scans, in_pipeline
from webhooks_app.engine import adoption, promotion
from webhooks_app.engine.claim_request import (
    DUE,
    LISTENING,
    MOST_WAITED,
    OPEN,
    RETURNED,
    SERVED,
    ClaimRequest,
    Taken,
)
from webhooks_app.engine.floors import Floors
from webhooks_app.engine.rate_limiter import POSTGRES_GRANTED, POSTGRES_MAY_START
from webhooks_app.engine.walk import FLOOR, FLOORS, WALK, WALK_PAST_BUSY

# A limited subscription without an allowance has never sent: it may start one, even if another
# engine does so too.
FIRST = """(
    CASE WHEN EXISTS (SELECT 1 FROM send_allowances WHERE subscription_id = s.id)
    THEN 0 ELSE 1 END)"""

# A try whose lease ran out: perhaps an engine of an older version has ended the delivery meanwhile.
IS_OVER = """
    CASE WHEN due.leased_until IS NOT NULL THEN NOT EXISTS (
        SELECT 1 FROM deliveries AS d WHERE d.id = due.delivery_id AND d.{open}
    ) ELSE false END"""

# The event is found by all columns of both indexes of `events`: a plan that was made while its
# partition was empty may use either.
# {floor} and {floors}: where the claims of busy subscriptions begin.
_CLAIM = (
    f""",
    free(subscription_id, slots) AS (
        SELECT * FROM unnest(%(ids)s::text[], %(slots)s::int[])
    ),
    picked AS MATERIALIZED (
        SELECT due.*, s.revision, s.id AS subscription_id, s.rate_limit,
            {IS_OVER.format(open=OPEN)} AS is_over
        FROM walk
        JOIN subscriptions AS s ON s.id = walk.subscription_id AND {SERVED}
            AND s.organisation_id <> ALL (%(crowding)s::text[])
        LEFT JOIN free ON free.subscription_id = walk.subscription_id {{floors}}
        LEFT JOIN LATERAL (
            SELECT {POSTGRES_GRANTED} AS slots FROM send_allowances AS a
            WHERE a.subscription_id = s.id AND {POSTGRES_MAY_START}
            FOR UPDATE SKIP LOCKED
        ) AS granted ON s.rate_limit IS NOT NULL
        CROSS JOIN LATERAL (
            SELECT delivery_id, tries, due_at, leased_until FROM queue
            WHERE subscription_id = walk.subscription_id AND {DUE.format(now="now()")} {{floor}}
            ORDER BY due_at LIMIT least(
                coalesce(free.slots, %(initial)s),
                CASE WHEN s.rate_limit IS NOT NULL THEN coalesce(granted.slots, {FIRST}) END
            )
            FOR UPDATE SKIP LOCKED
        ) AS due
        LIMIT %(limit)s
    ),
    spent AS (
        INSERT INTO send_allowances AS a (subscription_id, next_free_at)
        SELECT subscription_id, now() + count(*) / rate_limit * interval '1 second'
        FROM picked WHERE rate_limit IS NOT NULL
        GROUP BY subscription_id, rate_limit ORDER BY subscription_id
        ON CONFLICT (subscription_id) DO UPDATE
        SET next_free_at = greatest(a.next_free_at, now()) + (excluded.next_free_at - now())
    ),
    leased AS (
        UPDATE queue AS q
        SET leased_until = now() + %(lease)s, tries = q.tries + 1, claimed_by = %(engine_id)s
        FROM picked WHERE q.delivery_id = picked.delivery_id AND NOT picked.is_over
    ),
    over AS (
        DELETE FROM queue AS q USING picked
        WHERE picked.is_over AND q.delivery_id = picked.delivery_id
    )
    UPDATE deliveries AS d SET status = 'sending', tries = picked.tries + 1
    FROM picked, events AS e
    WHERE d.id = picked.delivery_id AND CASE WHEN NOT picked.is_over THEN d.{OPEN} END
        AND e.id = d.event_id AND e.organisation_id = d.organisation_id AND e.mode = d.mode
    RETURNING """
    + RETURNED.format(
        lost="picked.leased_until IS NOT NULL",
        revision="picked.revision",
        waited=f"""least({MOST_WAITED}, extract(
            epoch FROM now() - greatest(picked.due_at, picked.leased_until)) * 1000)::int""",
    )
    + ", picked.due_at"
)

# The first delayed one, and not whether one exists: then PostgreSQL takes the index in any case.
_DUE = f"""
    SELECT EXISTS ({adoption.ANY})
    OR ({promotion.POSTGRES_DUE} ORDER BY due_at LIMIT 1) IS NOT NULL
    OR EXISTS (
        SELECT 1 FROM walk
        JOIN subscriptions AS s ON s.id = walk.subscription_id AND {SERVED}
        {{floors}}
        CROSS JOIN LATERAL (
            SELECT 1 FROM queue
            WHERE subscription_id = walk.subscription_id AND {DUE.format(now="now()")} {{floor}}
            LIMIT 1
        ) AS due
        WHERE s.rate_limit IS NULL OR NOT EXISTS (
            SELECT 1 FROM send_allowances AS a
            WHERE a.subscription_id = s.id AND NOT ({POSTGRES_MAY_START})
        )
    ), now()"""


def _plain(statement: str, after: str) -> str:
    return WALK.format(after=after) + statement.format(floor="", floors="")


def _past_busy(statement: str, after: str) -> str:
    return WALK_PAST_BUSY.format(after=after) + statement.format(floor=FLOOR, floors=FLOORS)


def _of_listener(statement: str) -> str:
    """The same for the one listener that `after` names, without a walk."""
    walk = "WITH walk(subscription_id) AS (SELECT CAST(%(after)s AS text))"
    return walk + statement.format(floor="", floors="").replace(SERVED, LISTENING)


CLAIM = _plain(_CLAIM, "%(after)s")
CLAIM_PAST_BUSY = _past_busy(_CLAIM, "%(after)s")
CLAIM_OF_LISTENER = _of_listener(_CLAIM)
ANY_DUE = _plain(_DUE, "''")
ANY_DUE_PAST_BUSY = _past_busy(_DUE, "''")


def take(connection: Connection, request: ClaimRequest, lease: timedelta) -> Taken:
    known = _known(request.floors)
    parameters = {
        "after": request.listener or request.after,
        "ids": list(request.free),
        "slots": list(request.free.values()),
        "crowding": list(request.over_budget),
        "initial": ConcurrencyWindow.INITIAL,
        "limit": request.limit,
        "lease": lease,
        "engine_id": request.engine_id,
        **known,
    }
    statement = CLAIM_PAST_BUSY if known else CLAIM
    if request.listener:
        statement = CLAIM_OF_LISTENER
    with (
        driver_cursor(connection) as adopting,
        driver_cursor(connection) as promoting,
        driver_cursor(connection) as clock,
        driver_cursor(connection) as cursor,
    ):
        began = monotonic()
        with in_pipeline(connection):
            force_index_scans(connection, bitmaps=False)
            adopting.execute(adoption.POSTGRES_ADOPT)
            promoting.execute(promotion.POSTGRES_PROMOTE)
            clock.execute("SELECT now()")
            cursor.execute(statement, parameters)
        if not known:
            request.floors.found_all(monotonic() - began)
        rows, [(now,)] = cursor.fetchall(), clock.fetchall()
        _learn(request, rows, now)
        claimed = [Claimed(*row[:-1]) for row in rows]
        return Taken(claimed, adopting.rowcount, promoting.rowcount)


def is_due(connection: Connection, floors: Floors) -> bool:
    known = _known(floors)
    with driver_cursor(connection) as cursor:
        began = monotonic()
        with in_pipeline(connection):
            force_index_scans(connection, bitmaps=False)
            cursor.execute(ANY_DUE_PAST_BUSY if known else ANY_DUE, known)
        if not known:
            floors.found_all(monotonic() - began)
        [(found, now)] = cursor.fetchall()
    if not found:
        floors.nothing_due(floors.busy(), now)
    return bool(found)


def _known(floors: Floors) -> dict[str, object]:
    known = floors.current()
    return {"busy": list(known), "floors": list(known.values())} if known else {}


def _learn(request: ClaimRequest, rows: Sequence[tuple[Any, ...]], now: datetime) -> None:
    """Of those that the claim has reached and found nothing for, nothing is due."""
    floors, claimed = request.floors, [(row[1], row[-1]) for row in rows]
    floors.claimed(claimed)
    if request.over_budget:
        return
    found = {id_ for id_, _ in claimed}
    last = max(found) if len(rows) == request.limit else "~"
    floors.nothing_due(
        (
            id_
            for id_ in floors.busy()
            if request.after < id_ < last
            and id_ not in found
            and request.free.get(id_, ConcurrencyWindow.INITIAL)
        ),
        now,
    )
