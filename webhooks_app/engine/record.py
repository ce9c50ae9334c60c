"""The last step: store attempts, states, counters and hourly stats of many tries at once."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, cast

import msgspec
import orjson
from msgspec.structs import astuple
from sqlalchemy import Connection, Engine, Table, select, text

from webhooks_app.channels.contract import Claimed, Tried
from webhooks_app.channels.outcome import Outcome
from webhooks_app.database import choose, upsert
from webhooks_app.database.bulk import (
    COPY_FROM,
    driver_cursor,
    force_index_scans,
    in_pipeline,
    insert_rows,
    sqlite_value,
)
from webhooks_app.engine import tallies
from webhooks_app.engine.switching_off import cancel_unserved, disable_gone
from webhooks_app.lib.packed_headers import MASK, pack, pack_received
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Attempt, Event, Queued
from webhooks_app.notices.dashboard_notices import notify_failed
from webhooks_app.organisations.system_events import FailedDelivery, tell_failed
from webhooks_app.vocabulary import DeliveryStatus

NO_ANSWER = {"response_headers": "[]", "response_body": b"", "response_truncated": False}

ATTEMPTS = cast(Table, Attempt.__table__)
QUEUE = cast(Table, Queued.__table__)
ATTEMPT_COLUMNS = (
    "delivery_id",
    "number",
    "outcome",
    "failure",
    "error",
    "status_code",
    "url",
    "request_headers",
    "response_headers",
    "response_body",
    "response_truncated",
    "started_at",
    "duration_ms",
    "queue_ms",
    "lookup_ms",
    "connect_ms",
    "tls_ms",
    "first_byte_ms",
    "body_ms",
    "address",
    "http_version",
    "tls_version",
    "certificate_ends_at",
)


class Result(msgspec.Struct, frozen=True):
    """A try and what follows: `retry_in` is the seconds until the next try, None for no more."""

    claimed: Claimed
    tried: Tried
    retry_in: float | None

    @property
    def outcome(self) -> Outcome:
        return self.tried.outcome

    @property
    def status(self) -> DeliveryStatus:
        if self.outcome.delivered:
            return DeliveryStatus.DELIVERED
        return DeliveryStatus.FAILED if self.retry_in is None else DeliveryStatus.RETRYING

    @property
    def failures(self) -> int:
        return self.claimed.failures + (not self.outcome.delivered)


def record_results(engine: Engine, results: Sequence[Result], again: bool = False) -> None:
    """Store `results` in one transaction.

    A delivery that another worker has claimed since keeps that worker's result. `again`: the same
    batch was tried before and failed, but its commit may have gone through.
    """
    results = sorted(results, key=lambda one: one.claimed.delivery_id)
    with engine.begin() as connection:
        if again and _stored_before(connection, results[0]):
            return
        with in_pipeline(connection) if _is_plain(results) else nullcontext():
            _store(connection, results)


def _store(connection: Connection, results: Sequence[Result]) -> None:
    """In a claim's lock order: the queue first, then deliveries, then their attempts."""
    with in_pipeline(connection):
        force_index_scans(connection)
        _store_states(connection, results)
    insert_rows(connection, ATTEMPTS, ATTEMPT_COLUMNS, [attempt_row(r) for r in results])
    _store_consequences(connection, results)


def _is_plain(results: Sequence[Result]) -> bool:
    """Whether these are a few successes: then no statement needs another one's result."""
    return len(results) < COPY_FROM and all(r.outcome.delivered for r in results)


def record_result(engine: Engine, result: Result, again: bool = False) -> bool:
    """Like `record`, for a result that a batch failed with. False if it was late or a repeat.

    A late result, whose try was logged as lost and followed by another, adds its answer to the log
    and changes nothing else. If the event was erased meanwhile, its answer is left out. A failover
    to a standby may take a claim back, so that a try is made twice under one number: the log keeps
    the first answer. `again` as for `record_results`.
    """
    with engine.begin() as connection:
        if again and _stored_before(connection, result):
            return False
        in_time = _still_sending(connection, result)
        values = dict(zip(ATTEMPT_COLUMNS, attempt_row(result), strict=True))
        if not in_time:
            values["outcome"] = "lost"
            if not _is_kept(connection, result):
                values |= NO_ANSWER
        connection.execute(
            upsert(connection, ATTEMPTS)
            .values(values)
            .on_conflict_do_update(
                index_elements=["delivery_id", "number"],
                set_=values,
                where=ATTEMPTS.c.outcome == "lost",
            )
        )
        if in_time:
            _store_states(connection, [result])
            _store_consequences(connection, [result])
        return in_time


def _still_sending(connection: Connection, result: Result) -> bool:
    """Whether this is the delivery's current try. Locks its row in the queue."""
    queue = QUEUE.c
    found = connection.execute(
        select(queue.delivery_id)
        .where(
            queue.delivery_id == result.claimed.delivery_id,
            queue.tries == result.claimed.number,
            queue.leased_until.is_not(None),
        )
        .with_for_update()
    )
    return found.first() is not None


def _is_kept(connection: Connection, result: Result) -> bool:
    """Whether its event is not erased. The event is locked until the transaction ends."""
    kept = select(Event.id).where(Event.id == result.claimed.event_id, Event.erased_at.is_(None))
    return connection.execute(kept.with_for_update(read=True)).first() is not None


def attempt_row(result: Result) -> tuple[object, ...]:
    """A row in the order of `ATTEMPT_COLUMNS`, without anything that a database refuses."""
    outcome, tried = result.outcome, result.tried
    return (
        result.claimed.delivery_id,
        result.claimed.number,
        "succeeded" if outcome.delivered else "failed",
        outcome.failure.value if outcome.failure else None,
        outcome.error,
        outcome.status_code,
        tried.url,
        pack(_shown(tried), result.claimed.delivery_id, outcome.started_at),
        _received(outcome.response_headers),
        outcome.response_body,
        outcome.truncated,
        outcome.started_at,
        round(outcome.duration * 1000),
        result.claimed.waited_ms,
        *astuple(outcome.trace),
    )


def _shown(tried: Tried) -> Mapping[str, str]:
    """The headers of the request, as the log shows them."""
    if not tried.masked:
        return tried.headers
    return {k: MASK if k.lower() in tried.masked else v for k, v in tried.headers.items()}


def _received(headers: Sequence[tuple[str, str]]) -> str:
    """Headers in broken UTF-8 contain surrogates, which JSON and SQL refuse."""
    try:
        return pack_received(headers)
    except orjson.JSONEncodeError:
        name_and_value = ([part.encode(errors="replace").decode() for part in h] for h in headers)
        return pack_received([(name, value) for name, value in name_and_value])


def _stored_before(connection: Connection, result: Result) -> bool:
    """True when this exact try is in the log, so the commit in doubt went through."""
    found = connection.execute(
        text(
            "SELECT 1 FROM attempts WHERE delivery_id = :id AND number = :n AND outcome <> 'lost'"
        ),
        {"id": result.claimed.delivery_id, "n": result.claimed.number},
    )
    return found.first() is not None


# The lease is looked at in a CASE over both sides. As a condition on the table alone, PostgreSQL
# would estimate it from statistics. Statistics from a time when nothing was sent would make it walk
# the whole table for the one row it expects, and compare that with each row of the batch.
IN_TIME = """
    q.delivery_id = v.id AND CASE WHEN q.tries = v.number THEN q.leased_until IS NOT NULL END"""
POSTGRES_STATES = f"""
    WITH v AS MATERIALIZED (
        SELECT * FROM json_to_recordset(%s::json) AS v(
            id text, number int, status text, retry_in float, failures int, status_code int,
            error text
        )
    ),
    ended AS (
        DELETE FROM queue AS q USING v WHERE v.retry_in IS NULL AND {IN_TIME}
        RETURNING v.*
    ),
    put_off AS (
        UPDATE queue AS q
        SET due_at = now() + v.retry_in * interval '1 second', delayed = true,
            leased_until = NULL, claimed_by = NULL
        FROM v WHERE v.retry_in IS NOT NULL AND {IN_TIME}
        RETURNING v.*
    )
    UPDATE deliveries AS d
    SET status = v.status, failures = v.failures, status_code = v.status_code, error = v.error,
        finished_at = CASE WHEN v.retry_in IS NULL THEN now() END
    FROM (SELECT * FROM ended UNION ALL SELECT * FROM put_off) AS v
    WHERE d.id = v.id"""

SQLITE_ENDED = """
    DELETE FROM queue WHERE delivery_id = :id AND tries = :number AND leased_until IS NOT NULL"""
SQLITE_PUT_OFF = """
    UPDATE queue SET due_at = :due_at, delayed = 1, leased_until = NULL, claimed_by = NULL
    WHERE delivery_id = :id AND tries = :number AND leased_until IS NOT NULL"""
SQLITE_STATE = """
    UPDATE deliveries
    SET status = :status, failures = :failures, status_code = :status_code, error = :error,
        finished_at = :finished_at
    WHERE id = :id"""


def _store_states(connection: Connection, results: Sequence[Result]) -> None:
    store = choose(connection, postgresql=_store_postgres, sqlite=_store_sqlite)
    store(connection, [_state(result) for result in results])


def _store_postgres(connection: Connection, states: list[dict[str, object]]) -> None:
    with driver_cursor(connection) as cursor:
        cursor.execute(POSTGRES_STATES, [orjson.dumps(states).decode()])


def _store_sqlite(connection: Connection, states: list[dict[str, object]]) -> None:
    for state in map(_sqlite_state, states):
        settle = SQLITE_ENDED if state["due_at"] is None else SQLITE_PUT_OFF
        if connection.execute(text(settle), state).rowcount:
            connection.execute(text(SQLITE_STATE), state)


def _state(result: Result) -> dict[str, object]:
    return {
        "id": result.claimed.delivery_id,
        "number": result.claimed.number,
        "status": result.status.value,
        "retry_in": result.retry_in,
        "failures": result.failures,
        "status_code": result.outcome.status_code,
        "error": result.outcome.error,
    }


def _sqlite_state(state: dict[str, Any]) -> dict[str, Any]:
    now, retry_in = utcnow(), state.pop("retry_in")
    due_at = None if retry_in is None else sqlite_value(now + timedelta(seconds=retry_in))
    finished_at = sqlite_value(now) if retry_in is None else None
    return {**state, "due_at": due_at, "finished_at": finished_at}


def _store_consequences(connection: Connection, results: Sequence[Result]) -> None:
    """Counters come last: their rows are shared, and stay locked until the commit.

    A test changes no counters: it says nothing about real deliveries.
    """
    results = [result for result in results if not result.claimed.is_test]
    retrying = [r.claimed.delivery_id for r in results if r.status is DeliveryStatus.RETRYING]
    if retrying:
        cancel_unserved(connection, retrying)
    gone = {
        (r.claimed.subscription_id, r.claimed.revision, r.tried.url)
        for r in results
        if r.outcome.gone
    }
    for subscription_id, revision, url in sorted(gone):
        disable_gone(connection, subscription_id, revision, url)
    if failed := [r for r in results if r.status is DeliveryStatus.FAILED]:
        notify_failed(connection, [(r.claimed, r.outcome) for r in failed], utcnow())
        tell_failed(connection, map(_failed, failed))
    tallies.store(connection, [_tally(r) for r in results])


def _failed(result: Result) -> FailedDelivery:
    claimed = result.claimed
    return FailedDelivery(
        id=claimed.delivery_id,
        subscription_id=claimed.subscription_id,
        event_id=claimed.event_id,
        event_type=claimed.event_type,
        tries=claimed.number,
        status_code=result.outcome.status_code,
        error=result.outcome.error,
    )


def _tally(result: Result) -> tallies.Try:
    outcome = result.outcome
    return tallies.Try(
        subscription_id=result.claimed.subscription_id,
        at=outcome.started_at,
        status=result.status,
        milliseconds=outcome.duration * 1000,
    )
