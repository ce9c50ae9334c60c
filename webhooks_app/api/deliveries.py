"""/deliveries: what was sent, how it went, and sending it again."""

from typing import Annotated

import msgspec
from flask import Response, request
from msgspec import Meta
from msgspec.structs import replace

from webhooks_app.api import auth, bodies, queries, shapes
from webhooks_app.api.answers import (
    NDJSON,
    SEARCHED,
    PageAnswer,
    SearchedPageAnswer,
    all_lines,
    answer,
    lines_wanted,
    searched_page,
)
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.waiting import answer_delivery, wanted_wait
from webhooks_app.deliveries import detail
from webhooks_app.deliveries import log as service
from webhooks_app.deliveries.cancelling import cancel
from webhooks_app.deliveries.send_again import retry_now, send_again
from webhooks_app.extensions import db
from webhooks_app.lib.errors import Conflict

MOST_COUNTED = 10_000


@bp.get("/deliveries")
@operation(
    Operation(
        summary="List deliveries",
        tag="Deliveries",
        query=queries.DeliveryListQuery,
        answers={200: SearchedPageAnswer[shapes.DeliveryAnswer]},
        description=f"Newest first. {SEARCHED} With `Accept: {NDJSON}` the answer has all "
        "deliveries that match, one per line.",
        lines=shapes.DeliveryAnswer,
    )
)
@auth.requires("deliveries:read")
def list_deliveries() -> Response:
    query = queries.read(queries.DeliveryListQuery)
    filters, bounds = query.filters(), query.window()
    if lines_wanted(request.accept_mimetypes):
        batches = service.walk(db.engine, auth.tenant(), filters)
        return all_lines(auth.tenant().organisation_id, batches, shapes.delivery)
    found = service.list_deliveries(db.session(), auth.tenant(), filters, bounds)
    return answer(searched_page(found, shapes.delivery))


class CountAnswer(msgspec.Struct, frozen=True):
    """How many deliveries match."""

    count: int
    at_least: Annotated[bool, Meta(description="Whether there may be more than `count`.")]


@bp.post("/deliveries/count")
@operation(
    Operation(
        summary="Count deliveries",
        tag="Deliveries",
        body=queries.DeliveryFilter,
        body_optional=True,
        answers={200: CountAnswer},
        description="Counts the deliveries that match, up to 10,000. With some filters, only the "
        "newest deliveries are searched. Then `at_least` is true.",
    )
)
@auth.requires("deliveries:read")
def count_deliveries() -> Response:
    filters = bodies.read_optional(queries.DeliveryFilter).filters()
    found = service.estimate(db.session(), auth.tenant(), filters, MOST_COUNTED)
    return answer(CountAnswer(found.found, found.more))


@bp.get("/deliveries/<row_id:delivery_id>")
@operation(
    Operation(
        summary="Read a delivery",
        tag="Deliveries",
        answers={200: shapes.DeliveryAnswer},
        description="Shows a delivery with its `request_body` and every attempt.",
    )
)
@auth.requires("deliveries:read")
def read_delivery(delivery_id: str) -> Response:
    logged = service.find_delivery(db.session(), auth.tenant(), delivery_id)
    attempts = detail.attempts_of(db.session(), logged.delivery)
    return answer(
        replace(
            shapes.delivery(logged),
            request_body=detail.request_body(logged.delivery, logged.event),
            attempts=[shapes.attempt(one) for one in attempts],
        )
    )


@bp.get("/deliveries/<row_id:delivery_id>/attempts")
@operation(
    Operation(
        summary="List the attempts of a delivery",
        tag="Deliveries",
        answers={200: PageAnswer[shapes.AttemptAnswer]},
        description="All attempts on one page, in the order in which they were made.",
    )
)
@auth.requires("deliveries:read")
def list_attempts(delivery_id: str) -> Response:
    logged = service.find_delivery(db.session(), auth.tenant(), delivery_id)
    attempts = detail.attempts_of(db.session(), logged.delivery)
    return answer(PageAnswer([shapes.attempt(one) for one in attempts], None))


@bp.post("/deliveries/<row_id:delivery_id>/cancel")
@operation(
    Operation(
        summary="Cancel a delivery",
        tag="Deliveries",
        answers={200: shapes.DeliveryAnswer},
        description="A waiting delivery is not sent any more. It can be replayed later. "
        "Cancelling it again changes nothing.",
        problems=("conflict",),
    )
)
@auth.requires("deliveries:write")
def cancel_delivery(delivery_id: str) -> Response:
    logged = service.find_delivery(db.session(), auth.tenant(), delivery_id)
    cancel(db.session(), logged)
    return answer(shapes.delivery(logged))


@bp.post("/deliveries/<row_id:delivery_id>/retry-now")
@operation(
    Operation(
        summary="Retry a delivery now",
        tag="Deliveries",
        query=queries.WaitQuery,
        answers={200: shapes.DeliveryAnswer, 202: shapes.DeliveryAnswer},
        description="Makes the next attempt of a waiting delivery at once. The remaining retries "
        "follow as planned.",
        problems=("conflict",),
    )
)
@auth.requires("deliveries:write")
def retry_delivery(delivery_id: str) -> Response:
    wait = wanted_wait()
    logged = service.find_delivery(db.session(), auth.tenant(), delivery_id)
    if not retry_now(db.session(), logged):
        raise Conflict(
            "This delivery is not waiting: it is being sent, or has ended. If it has "
            "ended, replay it."
        )
    return answer_delivery(logged, wait)


@bp.post("/deliveries/<row_id:delivery_id>/replay")
@operation(
    Operation(
        summary="Replay a delivery",
        tag="Deliveries",
        query=queries.WaitQuery,
        answers={200: shapes.DeliveryAnswer, 202: shapes.DeliveryAnswer},
        description=(
            "Sends the same body as a new delivery, to the current URL and with the "
            "current secret. A delivery that has not ended is retried at once "
            "instead; the answer is then that delivery."
        ),
        problems=("conflict",),
    )
)
@auth.requires("deliveries:write")
def replay_delivery(delivery_id: str) -> Response:
    session, wait = db.session(), wanted_wait()
    logged = service.find_delivery(session, auth.tenant(), delivery_id)
    return answer_delivery(send_again(session, logged), wait)
