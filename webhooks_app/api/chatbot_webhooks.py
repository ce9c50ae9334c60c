"""/chatbots/{chatbotId}/webhooks: as the Pollybot document publishes it, by session or by key."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from flask import Response

from webhooks_app.api import auth, bodies
from webhooks_app.api.answers import answer
from webhooks_app.api.blueprint import bp
from webhooks_app.api.chatbot_bodies import (
    SECURITY,
    ChatbotWebhookBody,
    ChatbotWebhookPatch,
    in_pollybots_words,
    listed,
    made,
)
from webhooks_app.channels.webhook.formats.pollybot import Pollybot
from webhooks_app.events.type_registry import reportable_types
from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Invalid
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import chatbot_webhooks as service
from webhooks_app.subscriptions.service import (
    create_subscription,
    delete_subscription,
    update_subscription,
)
from webhooks_app.vocabulary import SubscriptionKind


@bp.get("/chatbots/<subject_id:chatbot_id>/webhooks")
@auth.requires("webhooks:read")
def list_chatbot_webhooks(chatbot_id: str) -> Response:
    """All of them, wherever they were made."""
    rows, total = service.list_webhooks(db.session(), auth.tenant(), chatbot_id)
    return answer({"webhooks": [listed(row) for row in rows], "total": total})


@bp.post("/chatbots/<subject_id:chatbot_id>/webhooks")
@auth.requires("webhooks:write")
def create_chatbot_webhook(chatbot_id: str) -> Response:
    """201 with the secret, this once."""
    fields = {
        "scope": service.scope_of(chatbot_id),
        "wire_format": Pollybot.name,
        **bodies.read(ChatbotWebhookBody).members(_known()),
    }
    with _faults_translated():
        row, secret = create_subscription(
            db.session(),
            auth.tenant(),
            SubscriptionKind.WEBHOOK,
            fields,
            parts().vault,
            parts().guard,
        )
    return answer(
        {
            "message": "Webhook created successfully",
            "webhook": made(row, secret=secret),
            "security": SECURITY,
        },
        201,
    )


@bp.get("/chatbots/<subject_id:chatbot_id>/webhooks/<row_id:webhook_id>")
@auth.requires("webhooks:read")
def read_chatbot_webhook(chatbot_id: str, webhook_id: str) -> Response:
    return answer({"webhook": listed(_load(chatbot_id, webhook_id))})


@bp.route(
    "/chatbots/<subject_id:chatbot_id>/webhooks/<row_id:webhook_id>", methods=["PUT", "PATCH"]
)
@auth.requires("webhooks:write")
def update_chatbot_webhook(chatbot_id: str, webhook_id: str) -> Response:
    """Both methods leave absent members as they are: the document's example sends two."""
    row = _load(chatbot_id, webhook_id)
    fields = bodies.read(ChatbotWebhookPatch).members(_known(), row)
    with _faults_translated():
        update_subscription(db.session(), row, fields, parts().vault, parts().guard)
    return answer({"message": "Webhook updated successfully", "webhook": listed(row)})


@bp.delete("/chatbots/<subject_id:chatbot_id>/webhooks/<row_id:webhook_id>")
@auth.requires("webhooks:write")
def delete_chatbot_webhook(chatbot_id: str, webhook_id: str) -> Response:
    delete_subscription(db.session(), _load(chatbot_id, webhook_id))
    return answer({"message": "Webhook deleted successfully"})


def _known() -> Iterable[str]:
    return reportable_types(db.session(), auth.tenant().organisation_id)


def _load(chatbot_id: str, webhook_id: str) -> Subscription:
    return service.find_webhook(db.session(), auth.tenant(), chatbot_id, webhook_id)


@contextmanager
def _faults_translated() -> Iterator[None]:
    try:
        yield
    except Invalid as error:
        raise in_pollybots_words(error) from error
