"""The first page, and the switch between live and test."""

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from webhooks_app.deliveries import overview, statistics
from webhooks_app.extensions import db
from webhooks_app.people import sessions
from webhooks_app.vocabulary import Mode
from webhooks_app.web.charts import stacked
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import go_to, here, member_required
from webhooks_app.web.views import first_steps

bp = Blueprint("overview", __name__)

LISTS = (
    "actions.index",
    "webhooks.index",
    "webhooks.delivery_logs",
    "deliveries.index",
    "events.index",
    "api_keys.index",
    "notifications.index",
    "simulator.index",
)
# Each with its bars: 24 hours, 28 times 6 hours, 30 days.
STRETCHES = {
    "24h": ("24 hours", timedelta(hours=24), timedelta(hours=1)),
    "7d": ("7 days", timedelta(days=7), timedelta(hours=6)),
    "30d": ("30 days", timedelta(days=30), timedelta(days=1)),
}


@bp.get("/")
@login_required
def show() -> str:
    if sessions.membership_of(db.session(), current_user) is None:
        return render_template("no_organisation.html")
    return _show()


@member_required
def _show() -> str:
    chosen = request.args.get("window", "24h")
    name = chosen if chosen in STRETCHES else "24h"
    _, stretch, step = STRETCHES[name]
    tenant = here().tenant
    traffic = statistics.traffic(db.session(), tenant, stretch, step)
    return render_template(
        "overview.html",
        seen=overview.of(db.session(), tenant),
        first=first_steps.for_overview(),
        traffic=traffic,
        chart=stacked(traffic.bars),
        stretches=STRETCHES,
        chosen=name,
    )


@bp.get("/latest")
@member_required
def latest() -> str:
    """The last part of the page, which refreshes itself."""
    if not wants_fragment():
        return _show()
    tenant = here().tenant
    return render_template(
        "deliveries/_latest.html",
        recent=overview.recent(db.session(), tenant),
        subscriptions=overview.count_subscriptions(db.session(), tenant),
    )


@bp.post("/mode")
@member_required
def switch_mode() -> Response:
    """Switch the mode.

    A list stays open; a page of a single item does not exist in the other mode.
    """
    go_to(sessions.MODE, Mode.TEST if request.form.get("mode") == Mode.TEST else Mode.LIVE)
    page = request.form.get("page")
    return redirect(url_for(page if page in LISTS else "overview.show"))
