"""The first page."""

from flask import Blueprint, render_template
from flask_login import current_user, login_required

from webhooks_app.extensions import db
from webhooks_app.services import overview, sessions

bp = Blueprint("overview", __name__)


@bp.get("/")
@login_required
def show() -> str:
    session = db.session()
    organisation = sessions.organisation_of(session, current_user)
    seen = overview.of(session, organisation) if organisation else None
    return render_template("overview.html", organisation=organisation, seen=seen)
