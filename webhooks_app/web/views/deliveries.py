"""/deliveries: the whole log, one delivery with its attempts, and sending it again."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.deliveries import log as service
from webhooks_app.deliveries import replays
from webhooks_app.deliveries.send_again import retry_now, send_again
from webhooks_app.events.type_registry import logged_names
from webhooks_app.extensions import db
from webhooks_app.lib import json_text
from webhooks_app.mail.service import desk_of
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import queries as subscription_queries
from webhooks_app.vocabulary import OPEN, ChannelName, DeliveryStatus
from webhooks_app.web.delivery_query import CODES, WINDOWS, DeliveryQuery
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import editor_required, here, member_required, window

bp = Blueprint("deliveries", __name__, url_prefix="/deliveries")


@bp.get("/")
@member_required
def index() -> tuple[str, int]:
    """Filters are in the URL; an invalid one is reported and ignored."""
    query = DeliveryQuery(request.args)
    tenant, session = here().tenant, db.session()
    page = render_template(
        "deliveries/index.html",
        page=service.list_deliveries(session, tenant, query.filters, window()),
        query=query,
        subscriptions=subscription_queries.names_of(session, tenant),
        event_types=logged_names(session, tenant.organisation_id),
        statuses=DeliveryStatus,
        codes=CODES,
        windows=[(name, words) for name, (words, _) in WINDOWS.items()],
        replaying=replays.running(session, tenant),
    )
    return page, 422 if query.faults else 200


@bp.get("/<delivery_id>")
@member_required
def show(delivery_id: str) -> str:
    logged = service.find_delivery(db.session(), here().tenant, delivery_id)
    name = "_delivery" if wants_fragment() else "show"
    subscription = service.subscription_of(db.session(), logged.delivery)
    return render_template(
        f"deliveries/{name}.html",
        logged=logged,
        open_states=OPEN,
        subscription=subscription,
        body=_body(logged, subscription),
        attempts=[_attempt(one) for one in service.attempts_of(db.session(), logged.delivery)],
    )


def _body(logged: service.Logged, subscription: Subscription) -> str:
    if subscription.channel != ChannelName.EMAIL:
        return service.request_body(logged.delivery, logged.event)
    desk = desk_of(parts().settings)
    return service.mail_text(db.session(), logged, subscription, desk)


@bp.get("/<delivery_id>/outcome")
@member_required
def outcome(delivery_id: str) -> str:
    """The status line while it is being sent; without htmx, the delivery's page."""
    if not wants_fragment():
        return show(delivery_id)
    logged = service.find_delivery(db.session(), here().tenant, delivery_id)
    return render_template("deliveries/_outcome.html", logged=logged)


@bp.post("/<delivery_id>/replay")
@editor_required
def replay(delivery_id: str) -> Response | str:
    logged = service.find_delivery(db.session(), here().tenant, delivery_id)
    again = send_again(db.session(), logged)
    if again.delivery.id == delivery_id:
        return _retried(
            again, "This delivery had not ended, so it is retried now instead of replayed."
        )
    if wants_fragment():
        return render_template("deliveries/_outcome.html", logged=again)
    flash("Replayed as a new delivery with the same body.")
    return redirect(url_for(".show", delivery_id=again.delivery.id))


@bp.post("/<delivery_id>/retry-now")
@editor_required
def retry(delivery_id: str) -> Response | str:
    logged = service.find_delivery(db.session(), here().tenant, delivery_id)
    waited = retry_now(db.session(), logged)
    said = "Retrying now." if waited else "It no longer waits for a retry."
    return _retried(logged, said)


def _retried(logged: service.Logged, said: str) -> Response | str:
    if wants_fragment():
        return render_template("deliveries/_retried.html", said=said)
    flash(said)
    return redirect(url_for(".show", delivery_id=logged.delivery.id))


def _attempt(row: Any) -> dict[str, Any]:
    return {
        "row": row,
        "request_headers": (
            json_text.read_as(json_text.HeaderMap, row.request_headers) or {}
        ).items(),
        "response_headers": (json_text.read_as(json_text.HeaderList, row.response_headers) or []),
        "response_body": row.response_body.decode(errors="replace"),
    }
