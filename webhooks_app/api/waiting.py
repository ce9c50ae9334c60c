"""`?wait=5`: an answer that waits until deliveries have ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

from flask import Response
from msgspec.structs import replace

from webhooks_app.api import auth, queries, shapes
from webhooks_app.api.answers import answer
from webhooks_app.deliveries import detail, log, waiting
from webhooks_app.deliveries.filters import Filters
from webhooks_app.deliveries.log import Logged
from webhooks_app.extensions import db
from webhooks_app.lib.paging import LARGEST_SIZE, PageBounds
from webhooks_app.lib.room import Room
from webhooks_app.lib.times import utcnow
from webhooks_app.parts import parts
from webhooks_app.vocabulary import OPEN

READS = "deliveries:read"


def wanted_wait() -> timedelta:
    """How long the client wants to wait. Raises `Invalid`.

    Also a 403 `Problem` for a key that may not see deliveries.
    """
    seconds = queries.read(queries.WaitQuery).wait
    if seconds and READS not in auth.scopes():
        raise auth.lacks(READS)
    return timedelta(seconds=seconds)


def answer_delivery(logged: Logged, wait: timedelta) -> Response:
    """The delivery, after a wait with its attempts: 200 if it has ended, otherwise 202."""
    delivery_id = logged.delivery.id
    if not wait:
        return answer(shapes.delivery(logged), 202)
    had_room = waited(
        wait,
        lambda until: waiting.wait_for_delivery(db.engine, auth.tenant(), delivery_id, until),
    )
    found = log.find_delivery(db.session(), auth.tenant(), delivery_id)
    attempts = detail.attempts_of(db.session(), found.delivery)
    shown = replace(shapes.delivery(found), attempts=[shapes.attempt(one) for one in attempts])
    return _answered(shown, found.delivery.status in OPEN, had_room)


def answer_event(accepted: shapes.AcceptedAnswer, wait: timedelta) -> Response:
    """The event, after a wait with its deliveries: 200 if all have ended, otherwise 202."""
    if not wait:
        return answer(accepted, 202)
    had_room = waited(wait, lambda until: waiting.wait_for_event(db.engine, accepted.id, until))
    filters, window = Filters(event_id=accepted.id), PageBounds(LARGEST_SIZE)
    found = log.list_deliveries(db.session(), auth.tenant(), filters, window)
    shown = replace(accepted, results=[shapes.delivery(one) for one in found.rows])
    is_open = waiting.has_open(db.session(), accepted.id)
    return _answered(shown, is_open, had_room)


def waited(wait: timedelta, call: Callable[[datetime], None], room: Room | None = None) -> bool:
    """Let `call` wait. False if too many wait already: most threads stay free for others."""
    db.session.rollback()
    db.session.expire_all()
    with (room or parts().delays).place(auth.tenant().organisation_id) as had_room:
        if had_room:
            call(utcnow() + wait)
    return had_room


def _answered(
    shown: shapes.AcceptedAnswer | shapes.DeliveryAnswer, is_open: bool, had_room: bool
) -> Response:
    response = answer(shown, HTTPStatus.ACCEPTED if is_open else HTTPStatus.OK)
    if is_open and not had_room:
        response.headers["Retry-After"] = "1"
    return response
