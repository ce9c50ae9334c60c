"""POST /events and /events/batch: the platform's backend reports what happened."""

from flask import Response

from webhooks_app.api import auth, bodies, queries, shapes, traces
from webhooks_app.api.ahead import taken_ahead
from webhooks_app.api.answers import answer
from webhooks_app.api.blueprint import bp
from webhooks_app.api.event_bodies import BatchBody, EventBody, parse_event
from webhooks_app.api.hops import hops_so_far
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.rate import count_events, limited
from webhooks_app.api.repeats import LONGEST_BATCH_KEY, LONGEST_KEY, idempotency_key, reused
from webhooks_app.api.waiting import answer_event, wanted_wait
from webhooks_app.events.type_registry import CustomNames
from webhooks_app.ingest.service import KeyReused, ingest, ingest_batch
from webhooks_app.lib.body_limits import BATCH, takes
from webhooks_app.lib.pointers import MOST_FAULTS, Fault, Invalid, pointer
from webhooks_app.matching.incoming import Incoming


@bp.post("/events")
@operation(
    Operation(
        summary="Report an event",
        tag="Events",
        body=EventBody,
        query=queries.WaitQuery,
        answers={200: shapes.AcceptedAnswer, 202: shapes.AcceptedAnswer},
        description="The answer comes after the event and all its deliveries are committed. With "
        "`wait` it also has `results`: 200 if all deliveries have ended, otherwise "
        "202.",
        problems=("idempotency-key-reused", "loop-detected", "busy"),
        knows_repeats=True,
    )
)
@auth.requires("events:write")
@limited
def create_event() -> Response:
    own, hops, traced = _own_names(), hops_so_far(), traces.begin()
    wait = wanted_wait()
    event = parse_event(bodies.json_text(), idempotency_key(LONGEST_KEY), own, hops, traced.kept)
    count_events(1)
    ahead = taken_ahead()
    try:
        if ahead is not None and ahead.asked is not None and ahead.asked.done:
            [accepted] = ahead.asked.outcome()
        else:
            accepted = ingest(auth.tenant(), event)
    except KeyReused as error:
        raise reused(error, at="#") from error
    traces.end(traced, auth.tenant().organisation_id, [accepted])
    return answer_event(shapes.accepted(accepted), wait)


@bp.post("/events/batch")
@operation(
    Operation(
        summary="Report many events",
        tag="Events",
        body=BatchBody,
        answers={202: shapes.AcceptedBatch},
        description="Stores all events in one transaction: all or none. A repeat with the same "
        "key may have more events at its end.",
        problems=("idempotency-key-reused", "loop-detected", "busy"),
        knows_repeats=True,
    )
)
@auth.requires("events:write")
@limited
@takes(BATCH)
def create_events() -> Response:
    traced = traces.begin()
    events = _events_of_batch(traced.kept)
    count_events(len(events))
    try:
        accepted = ingest_batch(auth.tenant(), events)
    except KeyReused as error:
        raise reused(error, at=pointer("events", error.index)) from error
    traces.end(traced, auth.tenant().organisation_id, accepted)
    return answer(shapes.AcceptedBatch([shapes.accepted(one) for one in accepted]), 202)


def _events_of_batch(traceparent: str | None) -> list[Incoming]:
    """Each event's key is the key of the batch and its position.

    The space keeps it apart from the keys of single events.
    """
    key = idempotency_key(LONGEST_BATCH_KEY)
    own, hops = _own_names(), hops_so_far()
    events: list[Incoming] = []
    faults: list[Fault] = []
    for index, text in enumerate(bodies.read(BatchBody).events):
        try:
            own_key = f"{key} {index}" if key else None
            events.append(parse_event(text, own_key, own, hops, traceparent))
        except Invalid as error:
            faults += [fault.below("events", index) for fault in error.faults]
            if len(faults) >= MOST_FAULTS:
                break
    if faults:
        raise Invalid(*faults)
    return events


def _own_names() -> CustomNames:
    return CustomNames(auth.tenant().organisation_id)
