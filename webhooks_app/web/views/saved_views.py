"""/saved-views: name the filters of a list, and delete that name."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Invalid
from webhooks_app.people import saved_views as service
from webhooks_app.web.delivery_query import DeliveryQuery
from webhooks_app.web.event_query import EventQuery
from webhooks_app.web.tenancy import here, member_required
from webhooks_app.web.toasts import Undo, toast

bp = Blueprint("saved_views", __name__, url_prefix="/saved-views")

QUERIES = {"deliveries": DeliveryQuery, "events": EventQuery}


@bp.post("/")
@member_required
def save() -> Response:
    """Back to the list, with the filters in its address."""
    page = request.form.get("page", "")
    if page not in QUERIES:
        abort(400)
    filters = QUERIES[page](request.form, here().organisation.time_zone).kept
    name = request.form.get("name", "")
    try:
        service.save(db.session(), here().tenant, current_user.id, page, name, filters)
    except Invalid as error:
        toast(error.faults[0].detail)
    else:
        toast("View saved.")
    return _to(page, filters)


@bp.post("/<view_id>/delete")
@member_required
def delete(view_id: str) -> Response:
    row = service.remove(db.session(), here().tenant, current_user.id, view_id)
    again = [("page", row.page), ("name", row.name), *row.filters.items()]
    toast(f"The view {row.name} was deleted.", Undo(url_for(".save"), again))
    return _to(row.page, row.filters)


def _to(page: str, filters: Mapping[str, str]) -> Response:
    values: dict[str, Any] = dict(filters)
    return redirect(url_for(f"{page}.index", **values))
