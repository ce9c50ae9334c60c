"""/replays: many deliveries sent again, by a job that can be watched and cancelled."""

from typing import Annotated

import msgspec
from flask import Response, url_for
from msgspec import Meta

from webhooks_app.api import auth, bodies, queries
from webhooks_app.api.answers import PageAnswer, answer, page
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.shapes import Moment, optional_moment
from webhooks_app.deliveries import replays as service
from webhooks_app.deliveries.filters import Filters
from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import ReplayBatch

MOST_CHOSEN = 100


class ReplayBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which deliveries to send again, by one of these."""

    filter: Annotated[
        queries.DeliveryFilter | None,
        Meta(
            description="Send all deliveries that match this filter again. An empty "
            "object means all deliveries."
        ),
    ] = None
    delivery_ids: Annotated[
        Annotated[list[str], Meta(min_length=1, max_length=MOST_CHOSEN)] | None,
        Meta(description=f"These, up to {MOST_CHOSEN}."),
    ] = None


class ReplayAnswer(msgspec.Struct, frozen=True):
    """A replay and its progress."""

    id: str
    status: Annotated[str, Meta(extra_json_schema={"enum": ["running", "finished", "cancelled"]})]
    total: Annotated[
        int | None,
        Meta(
            description="How many deliveries the replay has; null until they are counted. In a "
            "long log, those that match a text, an event type or a status code are counted for a "
            "few seconds only, so there may be more."
        ),
    ]
    replayed: Annotated[int, Meta(description="How many were sent again as new deliveries.")]
    retried: Annotated[
        int, Meta(description="How many had not ended, and were retried at once instead.")
    ]
    recovered: Annotated[
        int, Meta(description="How many missed events were sent for the first time.")
    ]
    skipped: Annotated[
        int,
        Meta(
            description="How many were skipped, because their webhook or action is off or deleted."
        ),
    ]
    requested_by: str
    created_at: Moment
    finished_at: Moment | None


@bp.post("/replays")
@operation(
    Operation(
        summary="Start a replay",
        tag="Replays",
        body=ReplayBody,
        answers={202: ReplayAnswer},
        description=(
            "Starts a job that sends deliveries again. With `missing` in the filter, "
            "it sends what never arrived, each event once, including what was missed "
            "while a webhook was switched off automatically. If the same replay is "
            "already running, the answer is that replay."
        ),
    )
)
@auth.requires("deliveries:write")
def start_replay() -> Response:
    body = bodies.read(ReplayBody)
    if (body.filter is None) == (body.delivery_ids is None):
        raise Invalid(Fault("#", "Give either `filter` or `delivery_ids`."))
    batch = service.start(
        db.session(),
        auth.tenant(),
        auth.key_name(),
        _filters(body.filter),
        body.delivery_ids or (),
    )
    response = answer(shown(batch), 202)
    response.headers["Location"] = url_for("api.read_replay", replay_id=batch.id)
    return response


@bp.get("/replays")
@operation(
    Operation(
        summary="List replays",
        tag="Replays",
        query=queries.PageQuery,
        answers={200: PageAnswer[ReplayAnswer]},
        description="Newest first.",
    )
)
@auth.requires("deliveries:read")
def list_replays() -> Response:
    query = queries.read(queries.PageQuery)
    found = service.list_batches(db.session(), auth.tenant(), query.window())
    return answer(page(found, shown))


@bp.get("/replays/<replay_id>")
@operation(Operation(summary="Read a replay", tag="Replays", answers={200: ReplayAnswer}))
@auth.requires("deliveries:read")
def read_replay(replay_id: str) -> Response:
    return answer(shown(service.find_batch(db.session(), auth.tenant(), replay_id)))


@bp.post("/replays/<replay_id>/cancel")
@operation(
    Operation(
        summary="Cancel a replay",
        tag="Replays",
        answers={200: ReplayAnswer},
        description="Stops a replay. What was sent so far stays. Cancelling a replay that has "
        "ended changes nothing.",
    )
)
@auth.requires("deliveries:write")
def cancel_replay(replay_id: str) -> Response:
    batch = service.find_batch(db.session(), auth.tenant(), replay_id)
    if batch.status == service.RUNNING:
        service.cancel(db.session(), batch)
    return answer(shown(batch))


def _filters(given: queries.DeliveryFilter | None) -> Filters:
    try:
        return given.filters() if given else Filters()
    except Invalid as error:
        raise Invalid(*(fault.below("filter") for fault in error.faults)) from error


def shown(batch: ReplayBatch) -> ReplayAnswer:
    return ReplayAnswer(
        id=batch.id,
        status=batch.status,
        total=batch.total,
        replayed=batch.replayed,
        retried=batch.retried,
        recovered=batch.recovered,
        skipped=batch.skipped,
        requested_by=batch.requested_by,
        created_at=rfc3339(batch.created_at),
        finished_at=optional_moment(batch.finished_at),
    )
