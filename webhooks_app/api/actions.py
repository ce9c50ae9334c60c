"""/actions: what happens after an event, by webhook or e-mail."""

import msgspec
from flask import Response, url_for
from msgspec import UNSET, UnsetType

from webhooks_app.api import auth, bodies, queries, shapes
from webhooks_app.api.answers import answer, no_content, page
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.waiting import answer_delivery, wanted_wait
from webhooks_app.api.webhook_answers import (
    ActionPage,
    EmailActionAnswer,
    WebhookActionAnswer,
    action,
)
from webhooks_app.api.webhook_bodies import (
    ActionPatch,
    NewEmailAction,
    NewWebhookAction,
    RotateBody,
    TestBody,
    WebhookActionPut,
)
from webhooks_app.extensions import db
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import queries as subscription_queries
from webhooks_app.subscriptions import secrets, service, test_delivery
from webhooks_app.subscriptions.by_key import Put, put_subscription
from webhooks_app.vocabulary import ChannelName, SubscriptionKind

EITHER = (WebhookActionAnswer, EmailActionAnswer)


@bp.post("/actions")
@operation(
    Operation(
        summary="Create an action",
        tag="Actions",
        body=(NewEmailAction, NewWebhookAction),
        answers={201: EITHER},
        description=(
            "`channel` says whether it sends e-mail or a webhook. For a webhook, only this answer "
            "shows the signing `secret`."
        ),
        problems=("plan-limit",),
        location=True,
        shows_once="secret",
    )
)
@auth.requires("actions:write")
def create_action() -> Response:
    members = dict(bodies.read_members())
    channel = _channel_in(members) or ChannelName.WEBHOOK
    row, secret = service.create_subscription(
        db.session(),
        auth.tenant(),
        SubscriptionKind.ACTION,
        members,
        parts().vault,
        parts().guard,
        channel,
    )
    response = answer(
        action(row, parts().vault, secret if channel is ChannelName.WEBHOOK else UNSET), 201
    )
    response.headers["Location"] = url_for("api.read_action", action_id=row.id)
    return response


@bp.get("/actions")
@operation(
    Operation(
        summary="List actions",
        tag="Actions",
        query=queries.WebhookQuery,
        answers={200: ActionPage},
        description="Newest first.",
    )
)
@auth.requires("actions:read")
def list_actions() -> Response:
    query = queries.read(queries.WebhookQuery)
    found = subscription_queries.list_subscriptions(
        db.session(), auth.tenant(), SubscriptionKind.ACTION, query.window(), query.metadata
    )
    shown = page(found, _shown)
    return answer(ActionPage(shown.data, shown.next_cursor))


@bp.get("/actions/<action_id>")
@operation(
    Operation(
        summary="Read an action", tag="Actions", answers={200: EITHER}, volatile=("counters",)
    )
)
@auth.requires("actions:read")
def read_action(action_id: str) -> Response:
    return answer(_shown(_load(action_id)))


@bp.put("/actions/<action_id>")
@operation(
    Operation(
        summary="Put an action",
        tag="Actions",
        body=(NewEmailAction, WebhookActionPut),
        answers={200: EITHER, 201: EITHER},
        description="Creates or replaces an action: `PUT /actions/key:crm`, where `crm` is your "
        "own key of it. Absent members get their defaults, except `enabled`, which "
        "stays as it is. Sending the same again changes nothing.",
        problems=("plan-limit", "conflict"),
        location=True,
        shows_once="secret",
    )
)
@auth.requires("actions:write")
def put_action(action_id: str) -> Response:
    members = dict(bodies.read_members())
    channel = _channel_in(members) or ChannelName.WEBHOOK
    put = put_subscription(
        db.session(),
        auth.tenant(),
        SubscriptionKind.ACTION,
        action_id,
        members,
        parts().vault,
        parts().guard,
        channel,
    )
    shown = action(put.row, parts().vault, _secret_of(put))
    response = answer(shown, 201 if put.created else 200)
    if put.created:
        response.headers["Location"] = url_for("api.read_action", action_id=put.row.id)
    return response


@bp.patch("/actions/<action_id>")
@operation(
    Operation(
        summary="Change an action",
        tag="Actions",
        body=ActionPatch,
        answers={200: EITHER},
        description=(
            "Absent members stay as they are. With another `channel`, members that both channels "
            "have stay. An action that becomes a webhook gets a `secret`, which only this answer "
            "shows."
        ),
        problems=("conflict",),
        shows_once="secret",
    )
)
@auth.requires("actions:write")
def update_action(action_id: str) -> Response:
    row = _load(action_id)
    members = dict(bodies.read_members())
    secret = service.update_subscription(
        db.session(), row, members, parts().vault, parts().guard, _channel_in(members)
    )
    return answer(action(row, parts().vault, secret or UNSET))


@bp.delete("/actions/<action_id>")
@operation(
    Operation(
        summary="Delete an action",
        tag="Actions",
        answers={204: None},
        description="Waiting deliveries are cancelled. The log stays.",
        problems=("conflict",),
    )
)
@auth.requires("actions:write")
def delete_action(action_id: str) -> Response:
    service.delete_subscription(db.session(), _load(action_id))
    return no_content()


@bp.post("/actions/<action_id>/test")
@operation(
    Operation(
        summary="Test an action",
        tag="Actions",
        body=TestBody,
        body_optional=True,
        query=queries.WaitQuery,
        answers={200: shapes.DeliveryAnswer, 202: shapes.DeliveryAnswer},
        description="Sends the sample of an event type now, or `data` of your own, which an "
        "organisation can do 30 times a minute. A digest is sent for its last complete period.",
        problems=("conflict", "daily-limit"),
    )
)
@auth.requires("actions:write")
def test_action(action_id: str) -> Response:
    row, wait = _load(action_id), wanted_wait()
    asked = bodies.read_optional(TestBody)
    sent = test_delivery.send_test(
        db.session(), auth.tenant(), row, asked.event_type, asked.own_data
    )
    return answer_delivery(sent, wait)


@bp.post("/actions/<action_id>/rotate-secret")
@operation(
    Operation(
        summary="Rotate the secret of an action",
        tag="Actions",
        body=RotateBody,
        body_optional=True,
        answers={200: WebhookActionAnswer},
        description="Only this answer shows the new `secret`. An action that sends e-mail has "
        "none.",
        problems=("conflict",),
        shows_once="secret",
    )
)
@auth.requires("actions:write")
def rotate_action_secret(action_id: str) -> Response:
    row = _load(action_id)
    body = bodies.read_optional(RotateBody)
    if row.channel == ChannelName.EMAIL:
        raise Conflict("This action sends e-mail, which has no signing secret.")
    secret = secrets.rotate_secret(
        db.session(), row, parts().vault, secret=body.secret, overlap=body.overlap
    )
    return answer(action(row, parts().vault, secret))


def _channel_in(members: dict[str, object]) -> ChannelName | None:
    """Remove and return the body's channel. Raises `Invalid` for an unknown one."""
    if "channel" not in members:
        return None
    try:
        return ChannelName(str(members.pop("channel")))
    except ValueError as error:
        raise Invalid(Fault("#/channel", "Use `webhook` or `email`.")) from error


def _secret_of(put: Put) -> str | UnsetType:
    """The secret, except of an e-mail action, which needs none."""
    return put.secret if put.secret and put.row.channel == ChannelName.WEBHOOK else UNSET


def _load(action_id: str) -> Subscription:
    return subscription_queries.find_subscription(
        db.session(), auth.tenant(), action_id, SubscriptionKind.ACTION
    )


def _shown(row: Subscription) -> msgspec.Struct:
    return action(row, parts().vault)
