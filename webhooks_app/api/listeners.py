"""/listeners: a developer's computer fetches its deliveries, and reports how each try went."""

from datetime import timedelta

from flask import Response, url_for
from msgspec import to_builtins
from msgspec.structs import asdict

from webhooks_app.api import auth, bodies
from webhooks_app.api.answers import PageAnswer, answer, no_content
from webhooks_app.api.blueprint import bp
from webhooks_app.api.listener_bodies import (
    ListenerAnswer,
    NewListener,
    ResultsAnswer,
    ResultsBody,
    TakeBody,
    TakenPage,
    followed,
    shown,
    taken,
)
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.problems import Problem
from webhooks_app.api.waiting import waited
from webhooks_app.extensions import db
from webhooks_app.lib.body_limits import BATCH, takes
from webhooks_app.lib.times import utcnow
from webhooks_app.listeners import ending, results, starting, taking, visits
from webhooks_app.listeners.visits import Found, ListenerEnded
from webhooks_app.parts import parts

OWN = ("url", "key", "keep_for", "secret")


@bp.post("/listeners")
@operation(
    Operation(
        summary="Start a listener",
        tag="Listeners",
        body=NewListener,
        answers={200: ListenerAnswer, 201: ListenerAnswer},
        description="A temporary webhook whose deliveries a computer fetches, so they reach a "
        "server on `localhost`. It ends when the computer stays away. With a `key` of a listener "
        "that has not ended this takes that up (200): its earlier session ends, and what that was "
        "sending is due again.",
        problems=("conflict",),
        shows_once="secret",
        location=True,
    )
)
@auth.requires("listeners:write")
def start_listener() -> Response:
    members = to_builtins(asdict(bodies.read(NewListener)))
    url, key, keep_for, secret = (members.pop(name) for name in OWN)
    wanted = starting.Wanted(url, members, key, keep_for, secret)
    made = starting.start(
        db.session(), auth.tenant(), auth.key_id(), wanted, parts().vault, parts().guard
    )
    listener, row = made.listener, made.subscription
    response = answer(
        shown(listener, row, listener.session_id, made.secret), 201 if made.is_new else 200
    )
    if made.is_new:
        response.headers["Location"] = url_for("api.read_listener", listener_id=row.id)
    return response


@bp.get("/listeners")
@operation(
    Operation(
        summary="List listeners",
        tag="Listeners",
        answers={200: PageAnswer[ListenerAnswer]},
        description=f"Newest first, all on one page: there are up to {starting.MOST}.",
    )
)
@auth.requires("webhooks:read")
def list_listeners() -> Response:
    found = starting.list_listeners(db.session(), auth.tenant())
    return answer(PageAnswer([shown(*one) for one in found], None))


@bp.get("/listeners/<listener_id>")
@operation(
    Operation(
        summary="Read a listener",
        tag="Listeners",
        answers={200: ListenerAnswer},
        description="One that this key started.",
        volatile=("expires_at",),
    )
)
@auth.requires("listeners:write")
def read_listener(listener_id: str) -> Response:
    return answer(shown(*_find(listener_id)))


@bp.delete("/listeners/<listener_id>")
@operation(
    Operation(
        summary="Stop a listener",
        tag="Listeners",
        answers={204: None},
        description="Stops the listener. Its waiting deliveries are cancelled. The log stays.",
    )
)
@auth.requires("listeners:write")
def stop_listener(listener_id: str) -> Response:
    ending.end(db.session(), _find(listener_id).subscription.id)
    return no_content()


@bp.post("/listeners/<listener_id>/deliveries")
@operation(
    Operation(
        summary="Take deliveries",
        tag="Listeners",
        body=TakeBody,
        answers={200: TakenPage},
        description="Signed requests to send now. Each is leased: without a result in time it is "
        "taken again. Each request takes others, so no client repeats it by itself: after a lost "
        "answer, say what you have with `in_hand`. With `wait` the answer comes as soon as there "
        "is one. If too many wait already, it comes at once, with `Retry-After`. A 410 means "
        "that someone stopped the listener, a 404 that it ended because its computer was away.",
        problems=("conflict", "listener-ended"),
        acts_again=True,
    )
)
@auth.requires("listeners:write")
def take_deliveries(listener_id: str) -> Response:
    body = bodies.read(TakeBody)
    found = _visit(listener_id, body.session)
    if body.in_hand is not None:
        starting.release(db.session(), listener_id, body.in_hand)
        db.session.commit()
    had_room = not body.wait or waited(
        timedelta(seconds=body.wait),
        lambda until: visits.wait_for_due(db.engine, listener_id, body.session, until),
        parts().listening,
    )
    if body.wait:
        found = _visit(listener_id, body.session)
    row, settings = found.subscription, parts().settings
    requests = taking.requests_of(row, parts().vault, settings.user_agent)
    timeout = requests.timeout or settings.delivery_timeout
    got = taking.take(db.engine, row, requests, body.limit, timeout)
    response = answer(TakenPage([taken(one, timeout) for one in got]))
    if not (got or had_room):
        response.headers["Retry-After"] = "1"
    return response


@bp.post("/listeners/<listener_id>/results")
@operation(
    Operation(
        summary="Report results",
        tag="Listeners",
        body=ResultsBody,
        answers={200: ResultsAnswer},
        description="Reports the results of attempts. They count like any other attempt: for "
        "retries, log and statistics. A repeat changes nothing. It also works after someone has "
        "switched the listener off: what it had taken is still reported.",
        problems=("conflict",),
        knows_repeats=True,
    )
)
@auth.requires("listeners:write")
@takes(BATCH)
def report_results(listener_id: str) -> Response:
    body = bodies.read(ResultsBody)
    row = visits.report(
        db.session(), auth.tenant(), auth.key_id(), listener_id, body.session
    ).subscription
    requests = taking.requests_of(row, parts().vault, parts().settings.user_agent)
    reported = [one.reported() for one in body.results]
    stored = results.store(db.engine, row, requests, reported, utcnow())
    return answer(ResultsAnswer([followed(one) for one in stored]))


def _find(listener_id: str) -> Found:
    return visits.find(db.session(), auth.tenant(), auth.key_id(), listener_id)


def _visit(listener_id: str, session: str) -> Found:
    try:
        return visits.visit(db.session(), auth.tenant(), auth.key_id(), listener_id, session)
    except ListenerEnded as error:
        raise Problem(410, "listener-ended", "The listener has ended", str(error)) from error
