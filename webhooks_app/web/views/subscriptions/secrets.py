"""Signing secrets: rotate one, and show it once."""

from datetime import timedelta

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.catalogue.system import PING
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.deliveries.filters import Filters
from webhooks_app.deliveries.log import Logged, list_deliveries
from webhooks_app.extensions import db
from webhooks_app.inbox import snippets
from webhooks_app.lib.paging import PageBounds
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import stored
from webhooks_app.subscriptions.secrets import rotate_secret
from webhooks_app.subscriptions.spec import DEFAULT_FORMAT, WebhookSpec
from webhooks_app.web import shown_once
from webhooks_app.web.forms.rotate import RotateSecretForm
from webhooks_app.web.fresh import fresh_required
from webhooks_app.web.htmx import leave_for
from webhooks_app.web.tenancy import editor_required, here
from webhooks_app.web.views.subscriptions.blueprint import Answer, bp, load


@bp.route("/<subscription_id>/rotate", methods=["GET", "POST"])
@editor_required
@fresh_required
def rotate(subscription_id: str) -> Answer:
    row = load(subscription_id)
    form = RotateSecretForm()
    if not form.validate_on_submit():
        format_ = FORMATS[_wire_format(row)]
        page = render_template("subscriptions/rotate.html", row=row, form=form, wire_format=format_)
        return page, 200 if request.method == "GET" else 422
    overlap = timedelta(hours=form.overlap.data)
    secret = rotate_secret(db.session(), row, parts().vault, overlap=overlap)
    return show_secret_once(row, secret, "rotated")


@bp.get("/<subscription_id>/secret")
@editor_required
def secret(subscription_id: str) -> str:
    """The secret right after it was made; later, a note that it was already shown."""
    row = load(subscription_id)
    return render_template(
        "subscriptions/secret.html",
        row=row,
        shown=shown_once.take(row.id),
        pinged=_ping_of(row),
        snippets=snippets.snippets(_wire_format(row)),
    )


def _ping_of(row: Subscription) -> Logged | None:
    """The delivery that a new webhook begins with, unless others came since."""
    newest = list_deliveries(
        db.session(), here().tenant, Filters(subscription_id=row.id), PageBounds(1)
    ).rows
    return newest[0] if newest and newest[0].event.type == PING else None


def show_secret_once(row: Subscription, secret: str, why: str) -> Response:
    """`why` says why it has a new secret: created, copied or rotated."""
    shown_once.keep(row.id, secret, why)
    return leave_for(url_for(".secret", mode=row.mode, subscription_id=row.id))


def _wire_format(row: Subscription) -> str:
    spec = stored.shown(row).spec
    return spec.wire_format if isinstance(spec, WebhookSpec) else DEFAULT_FORMAT
