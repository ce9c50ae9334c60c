"""What the views of actions and webhooks share: the kind of a request, and its row."""

from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.models import Subscription
from webhooks_app.subscriptions import queries as subscription_queries
from webhooks_app.vocabulary import SubscriptionKind
from webhooks_app.web.forms.subscriptions import ActionForm, SubscriptionForm, WebhookForm
from webhooks_app.web.security import CSP
from webhooks_app.web.tenancy import here

bp = Blueprint("subscriptions", __name__)

Answer = Response | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Kind:
    """The differences between actions and webhooks: the form, and the look in the list."""

    kind: SubscriptionKind
    form: type[SubscriptionForm]
    listed: str

    @property
    def noun(self) -> str:
        return self.kind.value


KINDS = {
    "actions": Kind(SubscriptionKind.ACTION, ActionForm, "_card"),
    "webhooks": Kind(SubscriptionKind.WEBHOOK, WebhookForm, "_row"),
}


def kind() -> Kind:
    return KINDS[request.blueprint or ""]


bp.context_processor(lambda: {"noun": kind().noun})


@bp.after_request
def _allow_frames(response: Response) -> Response:
    """Allow the digest's preview in a frame, in the form's page and over the list."""
    response.headers["Content-Security-Policy"] = f"{CSP}; frame-src 'self'"
    return response


def load(subscription_id: str) -> Subscription:
    return subscription_queries.find_subscription(
        db.session(), here().tenant, subscription_id, kind().kind
    )
