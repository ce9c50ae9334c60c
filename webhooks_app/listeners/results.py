"""Store what a listener reports, in the same way as what an engine has sent."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import Engine, literal, select
from sqlalchemy.exc import IntegrityError

from webhooks_app.channels.contract import Claimed, Tried
from webhooks_app.channels.outcome import Outcome
from webhooks_app.channels.webhook.endpoint import SignedRequests
from webhooks_app.channels.webhook.exchange import BODY_LIMIT
from webhooks_app.channels.webhook.retry_after import parse_retry_after
from webhooks_app.channels.webhook.transport import ASKS_TO_WAIT, GONE_STATUS
from webhooks_app.database import reading
from webhooks_app.engine.claim_request import MOST_WAITED
from webhooks_app.engine.record import Result, record_result, record_results
from webhooks_app.engine.recorder import count
from webhooks_app.engine.retry import decide
from webhooks_app.models import Delivery, Event, Subscription
from webhooks_app.vocabulary import DeliveryStatus, Failure

LONGEST_ERROR = 500


class Reported(NamedTuple):
    """One try. `timestamp` is that of its request. `failure` is None for any whole answer."""

    delivery_id: str
    number: int
    timestamp: int
    milliseconds: int
    status_code: int | None
    headers: Sequence[tuple[str, str]]
    body: bytes
    truncated: bool
    failure: Failure | None
    error: str


class Stored(NamedTuple):
    """What follows from a try. `retry_in` is in seconds, None for no further try."""

    delivery_id: str
    status: DeliveryStatus
    retry_in: float | None


def store(
    database: Engine,
    row: Subscription,
    requests: SignedRequests,
    reported: Sequence[Reported],
    now: datetime,
) -> list[Stored]:
    """Record these tries. What is not of this listener, or was never taken, is left out.

    A repeat changes nothing. A try that was followed by another adds its answer to the log. The
    answer is how each delivery is then.
    """
    claims = _claims(database, row, [one.delivery_id for one in reported])
    results = [
        _result(requests, claims[one.delivery_id], one, now)
        for one in reported
        if one.delivery_id in claims and one.number <= claims[one.delivery_id].claimed.number
    ]
    if not results:
        return []
    recorded = _record(database, results)
    count(recorded, lag=False)
    return _follow(database, results, recorded, now)


class _Taken(NamedTuple):
    """A delivery as it is now, and when it was made."""

    claimed: Claimed
    created_at: datetime


def _record(database: Engine, results: list[Result]) -> list[Result]:
    """Those that were neither late nor a repeat."""
    try:
        record_results(database, results)
    except IntegrityError:
        return [one for one in results if record_result(database, one, again=True)]
    return results


def _follow(
    database: Engine, results: Sequence[Result], recorded: Sequence[Result], now: datetime
) -> list[Stored]:
    """As it is stored: a later try, or whoever switched the listener off, may have decided it."""
    ids = {one.claimed.delivery_id for one in results}
    query = select(Delivery.id, Delivery.status, Delivery.due_at).where(Delivery.id.in_(ids))
    with reading(database) as connection:
        rows = {row.id: row for row in connection.execute(query)}
    planned = {one.claimed.delivery_id: one.retry_in for one in recorded}
    found = []
    for id_ in (one.claimed.delivery_id for one in results if one.claimed.delivery_id in rows):
        row, retry_in = rows[id_], None
        if row.status == DeliveryStatus.RETRYING:
            retry_in = planned.get(id_) or max((row.due_at - now).total_seconds(), 0)
        found.append(Stored(id_, DeliveryStatus(row.status), retry_in))
    return found


def _claims(database: Engine, row: Subscription, ids: Sequence[str]) -> "Mapping[str, _Taken]":
    query = (
        select(
            Delivery.id,
            Delivery.subscription_id,
            Delivery.tries,
            Delivery.failures,
            literal(False),
            literal(row.revision),
            Delivery.wire_format,
            Event.id,
            Event.type,
            Event.occurred_at,
            Event.organisation_id,
            Event.subject_type,
            Event.subject_id,
            Event.data,
            Delivery.trigger,
            Event.hops,
            literal(0),
            Event.traceparent,
            Delivery.created_at,
        )
        .join(Event, Event.id == Delivery.event_id)
        .where(Delivery.id.in_(ids), Delivery.subscription_id == row.id, Delivery.tries > 0)
    )
    with reading(database) as connection:
        rows = connection.execute(query).all()
    return {row[0]: _Taken(Claimed(*tuple(row)[:-1]), row[-1]) for row in rows}


def _result(requests: SignedRequests, taken: _Taken, reported: Reported, now: datetime) -> Result:
    outcome = _outcome(reported, now)
    waited = outcome.started_at - taken.created_at if reported.number == 1 else timedelta(0)
    claimed = replace(
        taken.claimed,
        number=reported.number,
        waited_ms=min(MOST_WAITED, max(0, int(waited / timedelta(milliseconds=1)))),
    )
    url = requests.url_for(claimed.delivery_id)
    message = requests.message(claimed, url, reported.timestamp)
    retry_in = decide(requests.policy, claimed, outcome, random.random())  # noqa: S311
    return Result(claimed, Tried(url, outcome, message.headers, requests.masked), retry_in)


def _outcome(reported: Reported, now: datetime) -> Outcome:
    status, failure, error = reported.status_code, reported.failure, reported.error
    if failure is None and status is not None and not 200 <= status < 300:
        failure, error = Failure.STATUS, f"The endpoint answered {status}"
    asked = next((value for name, value in reported.headers if name.lower() == "retry-after"), None)
    return Outcome(
        failure=failure,
        error=_storable(error) if failure else None,
        started_at=now - timedelta(milliseconds=reported.milliseconds),
        duration=reported.milliseconds / 1000,
        status_code=status,
        response_headers=tuple(reported.headers),
        response_body=reported.body[:BODY_LIMIT],
        truncated=reported.truncated or len(reported.body) > BODY_LIMIT,
        retry_after=parse_retry_after(asked, now) if status in ASKS_TO_WAIT else None,
        gone=failure is Failure.STATUS and status == GONE_STATUS,
    )


def _storable(text: str) -> str:
    return text[:LONGEST_ERROR].replace("\0", "").encode(errors="replace").decode()
