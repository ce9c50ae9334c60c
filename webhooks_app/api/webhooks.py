"""/webhooks: endpoints that events are sent to."""

import msgspec
from flask import Response, url_for
from msgspec import UNSET

from webhooks_app.api import auth, bodies, queries, shapes
from webhooks_app.api.answers import PageAnswer, answer, no_content, page
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.waiting import answer_delivery, wanted_wait
from webhooks_app.api.webhook_answers import WebhookAnswer, webhook
from webhooks_app.api.webhook_bodies import RotateBody, TestBody, WebhookPatch, WebhookPut
from webhooks_app.extensions import db
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import queries as subscription_queries
from webhooks_app.subscriptions import secrets, service, test_delivery
from webhooks_app.subscriptions.by_key import put_subscription
from webhooks_app.subscriptions.spec import NewWebhookSpec
from webhooks_app.vocabulary import SubscriptionKind


@bp.post("/webhooks")
@operation(
    Operation(
        summary="Create a webhook",
        tag="Webhooks",
        body=NewWebhookSpec,
        answers={201: WebhookAnswer},
        description="Only this answer shows the signing `secret`. A webhook that is on gets a "
        "`webhook.ping` right away.",
        problems=("plan-limit",),
        location=True,
        shows_once="secret",
    )
)
@auth.requires("webhooks:write")
def create_webhook() -> Response:
    members = bodies.read_members()
    row, secret = service.create_subscription(
        db.session(), auth.tenant(), SubscriptionKind.WEBHOOK, members, parts().vault, parts().guard
    )
    response = answer(webhook(row, parts().vault, secret), 201)
    response.headers["Location"] = url_for("api.read_webhook", webhook_id=row.id)
    return response


@bp.get("/webhooks")
@operation(
    Operation(
        summary="List webhooks",
        tag="Webhooks",
        query=queries.WebhookQuery,
        answers={200: PageAnswer[WebhookAnswer]},  # type: ignore[valid-type]
        description="Newest first.",
    )
)
@auth.requires("webhooks:read")
def list_webhooks() -> Response:
    query = queries.read(queries.WebhookQuery)
    found = subscription_queries.list_subscriptions(
        db.session(), auth.tenant(), SubscriptionKind.WEBHOOK, query.window(), query.metadata
    )
    return answer(page(found, _shown))


@bp.get("/webhooks/<webhook_id>")
@operation(
    Operation(
        summary="Read a webhook",
        tag="Webhooks",
        answers={200: WebhookAnswer},
        volatile=("counters",),
    )
)
@auth.requires("webhooks:read")
def read_webhook(webhook_id: str) -> Response:
    return answer(_shown(_load(webhook_id)))


@bp.put("/webhooks/<webhook_id>")
@operation(
    Operation(
        summary="Put a webhook",
        tag="Webhooks",
        body=WebhookPut,
        answers={200: WebhookAnswer, 201: WebhookAnswer},
        description="Creates or replaces a webhook: `PUT /webhooks/key:crm`, where `crm` is your "
        "own key of it. Absent members get their defaults, except `enabled`, which "
        "stays as it is. Sending the same again changes nothing.",
        problems=("plan-limit", "conflict"),
        location=True,
        shows_once="secret",
    )
)
@auth.requires("webhooks:write")
def put_webhook(webhook_id: str) -> Response:
    put = put_subscription(
        db.session(),
        auth.tenant(),
        SubscriptionKind.WEBHOOK,
        webhook_id,
        bodies.read_members(),
        parts().vault,
        parts().guard,
    )
    shown = webhook(put.row, parts().vault, put.secret or UNSET)
    response = answer(shown, 201 if put.created else 200)
    if put.created:
        response.headers["Location"] = url_for("api.read_webhook", webhook_id=put.row.id)
    return response


@bp.patch("/webhooks/<webhook_id>")
@operation(
    Operation(
        summary="Change a webhook",
        tag="Webhooks",
        body=WebhookPatch,
        answers={200: WebhookAnswer},
        description="Absent members stay as they are.",
        problems=("conflict",),
    )
)
@auth.requires("webhooks:write")
def update_webhook(webhook_id: str) -> Response:
    row = _load(webhook_id)
    service.update_subscription(
        db.session(), row, bodies.read_members(), parts().vault, parts().guard
    )
    return answer(_shown(row))


@bp.delete("/webhooks/<webhook_id>")
@operation(
    Operation(
        summary="Delete a webhook",
        tag="Webhooks",
        answers={204: None},
        description="Waiting deliveries are cancelled. The log stays.",
        problems=("conflict",),
    )
)
@auth.requires("webhooks:write")
def delete_webhook(webhook_id: str) -> Response:
    service.delete_subscription(db.session(), _load(webhook_id))
    return no_content()


@bp.post("/webhooks/<webhook_id>/test")
@operation(
    Operation(
        summary="Send a test",
        tag="Webhooks",
        body=TestBody,
        body_optional=True,
        query=queries.WaitQuery,
        answers={200: shapes.DeliveryAnswer, 202: shapes.DeliveryAnswer},
        description="Sends the sample of an event type now, or `data` of your own, which an "
        "organisation can do 30 times a minute.",
        problems=("conflict",),
    )
)
@auth.requires("webhooks:write")
def test_webhook(webhook_id: str) -> Response:
    row, wait = _load(webhook_id), wanted_wait()
    asked = bodies.read_optional(TestBody)
    sent = test_delivery.send_test(
        db.session(), auth.tenant(), row, asked.event_type, asked.own_data
    )
    return answer_delivery(sent, wait)


@bp.post("/webhooks/<webhook_id>/rotate-secret")
@operation(
    Operation(
        summary="Rotate the signing secret",
        tag="Webhooks",
        body=RotateBody,
        body_optional=True,
        answers={200: WebhookAnswer},
        description=(
            "Only this answer shows the new `secret`. The old secret signs too for "
            "as long as you choose, if the format has room for two signatures."
        ),
        problems=("conflict",),
        shows_once="secret",
    )
)
@auth.requires("webhooks:write")
def rotate_secret(webhook_id: str) -> Response:
    row = _load(webhook_id)
    body = bodies.read_optional(RotateBody)
    secret = secrets.rotate_secret(
        db.session(),
        row,
        parts().vault,
        secret=body.secret,
        overlap=body.overlap,
    )
    return answer(webhook(row, parts().vault, secret))


def _load(webhook_id: str) -> Subscription:
    return subscription_queries.find_subscription(
        db.session(), auth.tenant(), webhook_id, SubscriptionKind.WEBHOOK
    )


def _shown(row: Subscription) -> msgspec.Struct:
    return webhook(row, parts().vault)
