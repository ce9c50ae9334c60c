"""The first page of an organisation."""

from datetime import timedelta

from flask import Blueprint, render_template, request

from webhooks_app.deliveries import overview, statistics
from webhooks_app.extensions import db
from webhooks_app.web.charts import stacked
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import here, member_required
from webhooks_app.web.views import first_steps

bp = Blueprint("overview", __name__)

# Each with its bars: 24 hours, 28 times 6 hours, 30 days.
STRETCHES = {
    "24h": ("24 hours", timedelta(hours=24), timedelta(hours=1)),
    "7d": ("7 days", timedelta(days=7), timedelta(hours=6)),
    "30d": ("30 days", timedelta(days=30), timedelta(days=1)),
}


@bp.get("/")
@member_required
def show() -> str:
    return _shown()


def _shown() -> str:
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
        return _shown()
    tenant = here().tenant
    return render_template(
        "deliveries/_latest.html",
        recent=overview.recent(db.session(), tenant),
        subscriptions=overview.count_subscriptions(db.session(), tenant),
    )
