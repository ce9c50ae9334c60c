"""Claim due deliveries under a lease: fair between subscriptions, safe between workers."""

from datetime import timedelta

from sqlalchemy import Engine

from webhooks_app.channels.contract import Claimed
from webhooks_app.database import choose, read_transaction
from webhooks_app.engine import postgres_claim, promotion, sqlite_claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.dead_engines import any_dead
from webhooks_app.engine.expired_leases import LISTENER_STOPPED, WORKER_STOPPED, log_lost
from webhooks_app.engine.floors import Floors


def claim(engine: Engine, request: ClaimRequest, lease: timedelta) -> list[Claimed]:
    """What `claim_and_promote` leases."""
    return claim_and_promote(engine, request, lease)[0]


def claim_and_promote(
    engine: Engine, request: ClaimRequest, lease: timedelta
) -> tuple[list[Claimed], bool]:
    """Lease up to `request.limit` due deliveries; what to send, and whether to claim again at once.

    Blocking. Delayed deliveries that are due are promoted first. If they filled a whole batch, more
    are promoted after the claim, which has not looked at these. So each claim that asks for another
    one leaves at least a batch less to promote.

    Deliveries that an older version left open are adopted before that (`adoption`).

    One transaction; rows that another worker is claiming are skipped. A delivery whose lease ran
    out is claimed again, and its earlier try is logged as lost. The commit waits for PostgreSQL's
    disk: a claim that a crash took back would be sent twice under one number.
    """
    with engine.begin() as connection:
        take = choose(engine, postgresql=postgres_claim.take, sqlite=sqlite_claim.take)
        claimed, adopted, promoted = take(connection, request, lease)
        why = LISTENER_STOPPED if request.listener else WORKER_STOPPED
        lost = [(one.delivery_id, one.number - 1) for one in claimed if one.lost]
        log_lost(connection, lost, why)
        if claimed and request.heartbeat is not None:
            request.heartbeat.renew(connection)
    if is_whole_batch := promoted == promotion.BATCH:
        promotion.promote_rest(engine)
    return claimed, is_whole_batch or adopted > 0


def anything_due(engine: Engine, floors: Floors | None = None) -> bool:
    """Whether a delivery can start now, or an engine died and left deliveries.

    With `floors`, what these hide for now is not seen.

    A delivery can start if it is due or its lease ran out, its subscription is on and not paused,
    and its rate limit allows it. A delayed one that is due counts in any case: a claim promotes it.
    """
    with read_transaction(engine) as connection:
        is_due = choose(engine, postgresql=postgres_claim.is_due, sqlite=sqlite_claim.is_due)
        return is_due(connection, floors or Floors()) or any_dead(connection)
