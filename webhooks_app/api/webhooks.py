"""/webhooks: endpoints that are sent what happens."""

from datetime import timedelta

from flask import Response, url_for

from webhooks_app.api import auth, bodies, queries, shapes
from webhooks_app.api.answers import Answer, answer, no_content, page
from webhooks_app.api.blueprint import bp
from webhooks_app.api.webhook_answers import webhook
from webhooks_app.api.webhook_bodies import RotateBody, TestBody
from webhooks_app.extensions import db
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import queries as subscription_queries
from webhooks_app.subscriptions import secrets, service, test_delivery
from webhooks_app.vocabulary import SubscriptionKind


@bp.post("/webhooks")
@auth.requires("webhooks:write")
def create_webhook() -> Response:
    """201 with the signing secret, this once."""
    members = bodies.read_members()
    row, secret = service.create_subscription(
        db.session(), auth.tenant(), SubscriptionKind.WEBHOOK, members, parts().vault, parts().guard
    )
    response = answer(webhook(row, parts().vault, secret), 201)
    response.headers["Location"] = url_for("api.read_webhook", webhook_id=row.id)
    return response


@bp.get("/webhooks")
@auth.requires("webhooks:read")
def list_webhooks() -> Response:
    query = queries.read(queries.WebhookQuery)
    found = subscription_queries.list_subscriptions(
        db.session(), auth.tenant(), SubscriptionKind.WEBHOOK, query.window(), query.metadata
    )
    return answer(page(found, _shown))


@bp.get("/webhooks/<webhook_id>")
@auth.requires("webhooks:read")
def read_webhook(webhook_id: str) -> Response:
    return answer(_shown(_load(webhook_id)))


@bp.patch("/webhooks/<webhook_id>")
@auth.requires("webhooks:write")
def update_webhook(webhook_id: str) -> Response:
    row = _load(webhook_id)
    service.update_subscription(
        db.session(), row, bodies.read_members(), parts().vault, parts().guard
    )
    return answer(_shown(row))


@bp.delete("/webhooks/<webhook_id>")
@auth.requires("webhooks:write")
def delete_webhook(webhook_id: str) -> Response:
    service.delete_subscription(db.session(), _load(webhook_id))
    return no_content()


@bp.post("/webhooks/<webhook_id>/test")
@auth.requires("webhooks:write")
def test_webhook(webhook_id: str) -> Response:
    """202: a delivery of the event type's sample, due now."""
    row = _load(webhook_id)
    name = bodies.read_optional(TestBody).event_type
    return answer(
        shapes.delivery(test_delivery.send_test(db.session(), auth.tenant(), row, name)), 202
    )


@bp.post("/webhooks/<webhook_id>/rotate-secret")
@auth.requires("webhooks:write")
def rotate_secret(webhook_id: str) -> Response:
    """The new secret, this once."""
    row = _load(webhook_id)
    body = bodies.read_optional(RotateBody)
    secret = secrets.rotate_secret(
        db.session(),
        row,
        parts().vault,
        secret=body.secret,
        overlap=timedelta(hours=body.overlap_hours),
    )
    return answer(webhook(row, parts().vault, secret))


def _load(webhook_id: str) -> Subscription:
    return subscription_queries.find_subscription(
        db.session(), auth.tenant(), webhook_id, SubscriptionKind.WEBHOOK
    )


def _shown(row: Subscription) -> Answer:
    return webhook(row, parts().vault)
