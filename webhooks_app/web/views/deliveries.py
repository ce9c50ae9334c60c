"""/deliveries: the log over all webhooks, one delivery with its attempts, and once more."""

from typing import Any

import orjson
from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.catalogue import CATALOGUE
from webhooks_app.extensions import db
from webhooks_app.lib.paging import Window
from webhooks_app.services import deliveries as service
from webhooks_app.services import subscriptions
from webhooks_app.vocabulary import DeliveryStatus
from webhooks_app.web.tenancy import editor, here, member, window

bp = Blueprint("deliveries", __name__, url_prefix="/deliveries")


@bp.get("/")
@member
def index() -> str:
    """Filters are kept in the URL; one that means nothing is left out."""
    filters = _filters()
    page = service.list_deliveries(db.session(), here().tenant, filters, window())
    webhooks = subscriptions.list_webhooks(db.session(), here().tenant, Window(100)).rows
    kept = {name: value for name, value in request.args.items() if value and name != "cursor"}
    return render_template(
        "deliveries/index.html",
        page=page,
        filters=filters,
        webhooks=webhooks,
        event_types=CATALOGUE,
        statuses=DeliveryStatus,
        kept=kept,
    )


@bp.get("/<delivery_id>")
@member
def show(delivery_id: str) -> str:
    logged = service.find_delivery(db.session(), here().tenant, delivery_id)
    attempts = [_attempt(one) for one in service.attempts_of(db.session(), logged.delivery)]
    return render_template(
        "deliveries/show.html",
        logged=logged,
        subscription=service.subscription_of(db.session(), logged.delivery),
        body=service.request_body(logged),
        attempts=attempts,
    )


@bp.post("/<delivery_id>/replay")
@editor
def replay(delivery_id: str) -> Response:
    logged = service.find_delivery(db.session(), here().tenant, delivery_id)
    again = service.replay(db.session(), logged)
    flash("Sent again, as a new delivery of the same body.")
    return redirect(url_for(".show", delivery_id=again.delivery.id))


def _filters() -> service.Filters:
    status = request.args.get("status")
    return service.Filters(
        subscription_id=request.args.get("subscription_id") or None,
        event_type=request.args.get("event_type") or None,
        status=DeliveryStatus(status) if status in set(DeliveryStatus) else None,
    )


def _attempt(row: Any) -> dict[str, Any]:
    return {
        "row": row,
        "request_headers": orjson.loads(row.request_headers).items(),
        "response_headers": orjson.loads(row.response_headers),
        "response_body": row.response_body.decode(errors="replace"),
    }
