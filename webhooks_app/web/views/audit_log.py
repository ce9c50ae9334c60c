"""/audit-log: who changed what, for owners and admins."""

from flask import Blueprint, render_template

from webhooks_app.extensions import db
from webhooks_app.organisations import audit_log as service
from webhooks_app.web.tenancy import editor_required, here, window

bp = Blueprint("audit_log", __name__, url_prefix="/audit-log")


@bp.get("/")
@editor_required
def index() -> str:
    page = service.list_entries(db.session(), here().organisation.id, window())
    return render_template("audit_log.html", page=page, actions=service.ACTIONS)
