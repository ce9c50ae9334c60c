"""/replays: send many deliveries again, watch it, cancel it."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.deliveries import log as deliveries
from webhooks_app.deliveries import missed
from webhooks_app.deliveries import replays as service
from webhooks_app.deliveries.filters import Filters
from webhooks_app.extensions import db
from webhooks_app.lib.ids import made_at
from webhooks_app.models import ReplayBatch
from webhooks_app.models.shapes import is_readable
from webhooks_app.subscriptions import queries as subscription_queries
from webhooks_app.vocabulary import OPEN
from webhooks_app.web.delivery_query import WINDOWS, DeliveryQuery
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import editor_required, here, member_required

bp = Blueprint("replays", __name__, url_prefix="/replays")

COUNTED = 10_000
MOST_CHOSEN = 100


@bp.get("/new")
@editor_required
def new() -> tuple[str, int]:
    """How many deliveries match, before they are replayed."""
    return _ask(query_of(request.args))


@bp.post("/")
@editor_required
def create() -> Response | tuple[str, int]:
    """Replay the selected rows, otherwise all that match the filters."""
    query = query_of(request.form)
    chosen = request.form.getlist("delivery_id")
    if query.faults or len(chosen) > MOST_CHOSEN or not (chosen or "all" in request.form):
        return _ask(query)
    filters = Filters() if chosen else query.filters
    batch = service.start(db.session(), here().tenant, current_user.email, filters, chosen)
    return redirect(url_for(".show", batch_id=batch.id))


@bp.get("/<batch_id>")
@member_required
def show(batch_id: str) -> str:
    batch = service.find_batch(db.session(), here().tenant, batch_id)
    name = "_progress" if wants_fragment() else "show"
    return _shown(batch, name)


@bp.post("/<batch_id>/cancel")
@editor_required
def cancel(batch_id: str) -> Response | str:
    batch = service.find_batch(db.session(), here().tenant, batch_id)
    service.cancel(db.session(), batch)
    if wants_fragment():
        return _shown(batch, "_progress")
    flash("Replay cancelled. Deliveries already replayed are kept.")
    return redirect(url_for(".show", batch_id=batch.id))


def query_of(asked: Mapping[str, str]) -> DeliveryQuery:
    """The filters of deliveries. Raises `NotFound` for a replay that is not there."""
    query = DeliveryQuery(asked, here().organisation.time_zone)
    if batch_id := query["replay"]:
        batch = service.find_batch(db.session(), here().tenant, batch_id)
        query.filters = service.made_by(batch, query.filters)
    return query


def _shown(batch: ReplayBatch, name: str) -> str:
    states = service.states_of(db.session(), batch) if is_readable(batch.filters) else {}
    return render_template(
        f"replays/{name}.html",
        batch=batch,
        states=states,
        is_open=any(states.get(one.value) for one in OPEN),
        may_have_more=is_readable(batch.filters) and service.may_have_more(batch),
        looked_until=made_at(batch.position) if batch.position else None,
    )


def _ask(query: DeliveryQuery) -> tuple[str, int]:
    tenant = here().tenant
    only = query["subscription_id"]
    estimate = deliveries.estimate(db.session(), tenant, query.filters, COUNTED)
    page = render_template(
        "replays/new.html",
        query=query,
        estimate=estimate,
        missed=missed.estimate(db.session(), tenant, query.filters, COUNTED),
        off=subscription_queries.find_off(db.session(), tenant, only) if only else None,
        windows=[(name, words) for name, (words, _) in WINDOWS.items()],
        subscriptions=dict(subscription_queries.names_of(db.session(), tenant)),
    )
    return page, 422 if query.faults or request.method == "POST" else 200
