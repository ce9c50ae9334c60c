"""POST /actions/{id}/…: whether an action is on or paused, and what it missed."""

from flask import Response, url_for

from webhooks_app.api import auth, bodies
from webhooks_app.api.actions import EITHER
from webhooks_app.api.answers import answer
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.replays import ReplayAnswer, shown
from webhooks_app.api.webhook_answers import action
from webhooks_app.api.webhook_bodies import PauseBody, RecoverBody, ResumeBody
from webhooks_app.deliveries import recovery
from webhooks_app.extensions import db
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import pausing, queries, switching
from webhooks_app.vocabulary import SubscriptionKind


@bp.post("/actions/<action_id>/enable")
@operation(
    Operation(
        summary="Switch an action on",
        tag="Actions",
        answers={200: EITHER},
        description="From now on events are sent to it. What it missed is not sent by itself: "
        "recover that. One that is on does not change.",
        problems=("conflict",),
    )
)
@auth.requires("actions:write")
def enable_action(action_id: str) -> Response:
    row = _load(action_id)
    switching.set_enabled(db.session(), row, enabled=True)
    return answer(action(row, parts().vault))


@bp.post("/actions/<action_id>/disable")
@operation(
    Operation(
        summary="Switch an action off",
        tag="Actions",
        answers={200: EITHER},
        description="Nothing more is planned or sent for it. What waits is cancelled, with that "
        "reason in its `error`; it can be recovered later. What is being sent right now may still "
        "arrive. One that is off does not change.",
        problems=("conflict",),
    )
)
@auth.requires("actions:write")
def disable_action(action_id: str) -> Response:
    row = _load(action_id)
    switching.set_enabled(db.session(), row, enabled=False)
    return answer(action(row, parts().vault))


@bp.post("/actions/<action_id>/pause")
@operation(
    Operation(
        summary="Pause an action",
        tag="Actions",
        body=PauseBody,
        body_optional=True,
        answers={200: EITHER},
        description="Deliveries are still planned, and wait until it is resumed. What is being "
        "sent right now may still arrive. What has waited for as long as the log is kept is "
        "cancelled, with that reason. Switching it off cancels what waits and ends the pause.",
        problems=("conflict",),
    )
)
@auth.requires("actions:write")
def pause_action(action_id: str) -> Response:
    row = _load(action_id)
    pausing.pause(db.session(), row, bodies.read_optional(PauseBody).until)
    return answer(action(row, parts().vault))


@bp.post("/actions/<action_id>/resume")
@operation(
    Operation(
        summary="Resume an action",
        tag="Actions",
        body=ResumeBody,
        body_optional=True,
        answers={200: EITHER},
        description="What waits is sent, oldest first: all at once, or at the rate that you "
        "give. New deliveries do not wait behind it. One that is not paused does not change.",
        problems=("conflict",),
    )
)
@auth.requires("actions:write")
def resume_action(action_id: str) -> Response:
    row = _load(action_id)
    pausing.resume(db.session(), row, bodies.read_optional(ResumeBody).rate)
    return answer(action(row, parts().vault))


@bp.post("/actions/<action_id>/recover")
@operation(
    Operation(
        summary="Recover an action",
        tag="Actions",
        body=RecoverBody,
        answers={202: ReplayAnswer},
        description="A replay of everything that never arrived since then: what failed, what was "
        "cancelled, and the events that it missed while it was switched off automatically. Each "
        "event is sent once.",
        problems=("conflict",),
    )
)
@auth.requires("deliveries:write")
def recover_action(action_id: str) -> Response:
    since = bodies.read(RecoverBody).since
    batch = recovery.recover(db.session(), _load(action_id), auth.key_name(), since)
    response = answer(shown(batch), 202)
    response.headers["Location"] = url_for("api.read_replay", replay_id=batch.id)
    return response


def _load(action_id: str) -> Subscription:
    return queries.find_subscription(
        db.session(), auth.tenant(), action_id, SubscriptionKind.ACTION
    )
