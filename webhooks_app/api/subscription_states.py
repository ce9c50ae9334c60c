"""POST /webhooks/{id}/… and /actions/{id}/…: whether one is on or paused, and what it missed."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, url_for

from webhooks_app.api import auth, bodies
from webhooks_app.api.actions import EITHER
from webhooks_app.api.answers import answer
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.replays import ReplayAnswer, shown
from webhooks_app.api.webhook_answers import WebhookAnswer, action, webhook
from webhooks_app.api.webhook_bodies import PauseBody, RecoverBody, ResumeBody
from webhooks_app.deliveries import recovery
from webhooks_app.extensions import db
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import pausing, queries, switching
from webhooks_app.vocabulary import SubscriptionKind


@dataclass(frozen=True, slots=True)
class _Verb:
    """`summary` has a place for the noun; `scope` is the kind's own where it is None."""

    name: str
    summary: str
    description: str
    act: Callable[[Subscription], Response]
    body: object = None
    body_optional: bool = True
    answer: object = None
    scope: str | None = None


def _enable(row: Subscription) -> Response:
    switching.set_enabled(db.session(), row, enabled=True)
    return _changed(row)


def _disable(row: Subscription) -> Response:
    switching.set_enabled(db.session(), row, enabled=False)
    return _changed(row)


def _pause(row: Subscription) -> Response:
    pausing.pause(db.session(), row, bodies.read_optional(PauseBody).until)
    return _changed(row)


def _resume(row: Subscription) -> Response:
    pausing.resume(db.session(), row, bodies.read_optional(ResumeBody).rate)
    return _changed(row)


def _recover(row: Subscription) -> Response:
    since = bodies.read(RecoverBody).since
    batch = recovery.recover(db.session(), row, auth.key_name(), since)
    response = answer(shown(batch), 202)
    response.headers["Location"] = url_for("api.read_replay", replay_id=batch.id)
    return response


def _changed(row: Subscription) -> Response:
    show = webhook if row.kind == SubscriptionKind.WEBHOOK else action
    return answer(show(row, parts().vault))


VERBS = (
    _Verb(
        "enable",
        "Switch {} on",
        "Events are sent to it from now on. To send what it missed, recover it. "
        "Switching it on again changes nothing.",
        _enable,
    ),
    _Verb(
        "disable",
        "Switch {} off",
        "No more events are sent to it. Waiting deliveries are cancelled, with that "
        "reason in their `error`, and can be recovered later. What is being sent "
        "right now may still arrive. Switching it off again changes nothing.",
        _disable,
    ),
    _Verb(
        "pause",
        "Pause {}",
        "Its deliveries wait until it is resumed. What is being sent right now may "
        "still arrive. Deliveries that have waited for as long as the log is kept "
        "are cancelled, with that reason. Switching it off cancels what waits and "
        "ends the pause.",
        _pause,
        body=PauseBody,
    ),
    _Verb(
        "resume",
        "Resume {}",
        "Sends what waits, oldest first: all at once, or at the rate that you give. "
        "New deliveries do not wait behind the old ones. Resuming it again changes "
        "nothing.",
        _resume,
        body=ResumeBody,
    ),
    _Verb(
        "recover",
        "Recover {}",
        "Starts a replay of everything that never arrived since then: what failed, "
        "what was cancelled, and the events that it missed while it was switched off "
        "automatically. Each event is sent once.",
        _recover,
        body=RecoverBody,
        body_optional=False,
        answer=ReplayAnswer,
        scope="deliveries:write",
    ),
)


def _offer(kind: SubscriptionKind, noun: str, shape: object, verb: _Verb) -> None:
    def view(**ids: str) -> Response:
        id_ = ids[f"{kind}_id"]
        return verb.act(queries.find_subscription(db.session(), auth.tenant(), id_, kind))

    view.__name__ = f"{verb.name}_{kind}"
    declared = Operation(
        summary=verb.summary.format(noun),
        tag=f"{kind}s".capitalize(),
        description=verb.description,
        body=verb.body,
        body_optional=verb.body is not None and verb.body_optional,
        answers={202: verb.answer} if verb.answer else {200: shape},
        problems=("conflict",),
    )
    guarded = auth.requires(verb.scope or f"{kind}s:write")(view)
    bp.post(f"/{kind}s/<{kind}_id>/{verb.name}")(operation(declared)(guarded))


for _verb in VERBS:
    _offer(SubscriptionKind.WEBHOOK, "a webhook", WebhookAnswer, _verb)
    _offer(SubscriptionKind.ACTION, "an action", EITHER, _verb)
