"""POST /events/dry-run: what an event would lead to; nothing is stored."""

from typing import Annotated

import msgspec
from flask import Response
from msgspec import UNSET, Meta, UnsetType

from webhooks_app.api import auth, bodies
from webhooks_app.api.answers import answer
from webhooks_app.api.blueprint import bp
from webhooks_app.api.event_bodies import EventBody, parse_event
from webhooks_app.api.event_log import ExplanationAnswer, explained
from webhooks_app.api.operation import Operation, operation
from webhooks_app.events import stream
from webhooks_app.events.type_registry import CustomNames
from webhooks_app.extensions import db


class DryRunAnswer(msgspec.Struct, frozen=True):
    """What an event would lead to."""

    type: str
    deliveries: Annotated[int, Meta(description="How many deliveries the event would have.")]
    explanations: Annotated[
        list[ExplanationAnswer] | UnsetType,
        Meta(
            description="Every webhook and action, those that would fire first. Present only for "
            "a key with `events:read`."
        ),
    ] = UNSET


@bp.post("/events/dry-run")
@operation(
    Operation(
        summary="Try an event",
        tag="Events",
        body=EventBody,
        answers={200: DryRunAnswer},
        description="Checks an event as `POST /events` does, and says how many deliveries it "
        "would have. A key with `events:read` also sees which webhooks and actions "
        "would fire, and why the others would not. Nothing is stored or sent, and "
        "the plan does not count it.",
    )
)
@auth.requires("events:write")
def try_event() -> Response:
    event = parse_event(bodies.json_text(), None, CustomNames(auth.tenant().organisation_id))
    found = stream.dry_run(db.session(), auth.tenant(), event)
    firing = sum(one.would_fire for one in found)
    shown = [explained(one) for one in found] if "events:read" in auth.scopes() else UNSET
    return answer(DryRunAnswer(event.type, firing, shown))
