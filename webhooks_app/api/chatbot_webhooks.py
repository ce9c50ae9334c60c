"""/chatbots/{chatbotId}/webhooks: the calls of the Pollybot document, by session or key."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from flask import Response

from webhooks_app.api import auth, bodies
from webhooks_app.api.answers import answer
from webhooks_app.api.blueprint import bp
from webhooks_app.api.chatbot_bodies import (
    SECURITY,
    ChangedChatbotWebhook,
    ChatbotWebhookBody,
    ChatbotWebhookPatch,
    ChatbotWebhooks,
    CreatedChatbotWebhook,
    DeletedChatbotWebhook,
    OneChatbotWebhook,
    in_pollybots_words,
    listed,
    made,
)
from webhooks_app.api.operation import Operation, operation
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

COUNTERS = tuple(
    f"webhook.{name}"
    for name in ("successCount", "failureCount", "lastTriggeredAt", "lastSuccessAt")
)


@bp.get("/chatbots/<subject_id:chatbot_id>/webhooks")
@operation(
    Operation(
        summary="List the webhooks of a chatbot",
        tag="Chatbot webhooks",
        answers={200: ChatbotWebhooks},
        description="All webhooks of the chatbot, newest first, at most 1,000. It does not "
        "matter where they were created.",
        by_session=True,
    )
)
@auth.requires("webhooks:read")
def list_chatbot_webhooks(chatbot_id: str) -> Response:
    rows, total = service.list_webhooks(db.session(), auth.tenant(), chatbot_id)
    return answer(ChatbotWebhooks([listed(row) for row in rows], total))


@bp.post("/chatbots/<subject_id:chatbot_id>/webhooks")
@operation(
    Operation(
        summary="Create a webhook of a chatbot",
        tag="Chatbot webhooks",
        body=ChatbotWebhookBody,
        answers={201: CreatedChatbotWebhook},
        description="Only this answer shows the `secret`.",
        problems=("plan-limit",),
        by_session=True,
        shows_once="webhook.secret",
    )
)
@auth.requires("webhooks:write")
def create_chatbot_webhook(chatbot_id: str) -> Response:
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
        CreatedChatbotWebhook("Webhook created successfully", made(row, secret=secret), SECURITY),
        201,
    )


@bp.get("/chatbots/<subject_id:chatbot_id>/webhooks/<row_id:webhook_id>")
@operation(
    Operation(
        summary="Read a webhook of a chatbot",
        tag="Chatbot webhooks",
        answers={200: OneChatbotWebhook},
        by_session=True,
        volatile=COUNTERS,
    )
)
@auth.requires("webhooks:read")
def read_chatbot_webhook(chatbot_id: str, webhook_id: str) -> Response:
    return answer(OneChatbotWebhook(listed(_load(chatbot_id, webhook_id))))


@bp.route(
    "/chatbots/<subject_id:chatbot_id>/webhooks/<row_id:webhook_id>", methods=["PUT", "PATCH"]
)
@operation(
    Operation(
        summary="Change a webhook of a chatbot",
        tag="Chatbot webhooks",
        body=ChatbotWebhookPatch,
        answers={200: ChangedChatbotWebhook},
        description="With PUT and PATCH, absent members stay as they are.",
        problems=("conflict",),
        by_session=True,
    )
)
@auth.requires("webhooks:write")
def update_chatbot_webhook(chatbot_id: str, webhook_id: str) -> Response:
    """With both methods, absent members stay as they are: the document's example sends only two."""
    row = _load(chatbot_id, webhook_id)
    fields = bodies.read(ChatbotWebhookPatch).members(_known(), row)
    with _faults_translated():
        update_subscription(db.session(), row, fields, parts().vault, parts().guard)
    return answer(ChangedChatbotWebhook("Webhook updated successfully", listed(row)))


@bp.delete("/chatbots/<subject_id:chatbot_id>/webhooks/<row_id:webhook_id>")
@operation(
    Operation(
        summary="Delete a webhook of a chatbot",
        tag="Chatbot webhooks",
        answers={200: DeletedChatbotWebhook},
        problems=("conflict",),
        by_session=True,
    )
)
@auth.requires("webhooks:write")
def delete_chatbot_webhook(chatbot_id: str, webhook_id: str) -> Response:
    delete_subscription(db.session(), _load(chatbot_id, webhook_id))
    return answer(DeletedChatbotWebhook("Webhook deleted successfully"))


def _known() -> Collection[str]:
    return reportable_types(db.session(), auth.tenant().organisation_id)


def _load(chatbot_id: str, webhook_id: str) -> Subscription:
    return service.find_webhook(db.session(), auth.tenant(), chatbot_id, webhook_id)


@contextmanager
def _faults_translated() -> Iterator[None]:
    try:
        yield
    except Invalid as error:
        raise in_pollybots_words(error) from error
