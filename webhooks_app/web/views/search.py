"""/search: pages, actions and webhooks by name, and whatever an id names."""

from flask import Blueprint, render_template, request

from webhooks_app.extensions import db
from webhooks_app.subscriptions import search as service
from webhooks_app.web.documents import sections_named
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.navigation import pages_named
from webhooks_app.web.tenancy import here, member_required

bp = Blueprint("search", __name__)

# Of the documentation: how many, and for a text of how many characters.
SECTIONS, SHORTEST = 5, 3

ADDRESSES = {
    "action": ("actions.show", "subscription_id"),
    "webhook": ("webhooks.show", "subscription_id"),
    "delivery": ("deliveries.show", "delivery_id"),
    "event": ("events.show", "event_id"),
}


@bp.get("/search")
@member_required
def show() -> str:
    text = request.args.get("q", "").strip()
    return render_template(
        f"search/{'_found' if wants_fragment() else 'show'}.html",
        text=text,
        sections=sections_named(text, SECTIONS) if len(text) >= SHORTEST else [],
        pages=pages_named(text, here().may_change),
        found=service.find(db.session(), here().tenant, text) if text else [],
        addresses=ADDRESSES,
    )
