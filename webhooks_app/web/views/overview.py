"""The first page, and the switch between live and test."""

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.services import overview, sessions
from webhooks_app.vocabulary import Mode
from webhooks_app.web.tenancy import here, member

bp = Blueprint("overview", __name__)


@bp.get("/")
@login_required
def show() -> str:
    if sessions.membership_of(db.session(), current_user) is None:
        return render_template("no_organisation.html")
    return _show()


@member
def _show() -> str:
    return render_template("overview.html", seen=overview.of(db.session(), here().tenant))


@bp.post("/mode")
@member
def switch_mode() -> Response:
    """Live and test never mix, so what was open in the one is left for the list of the other."""
    session["mode"] = Mode.TEST if request.form.get("mode") == Mode.TEST else Mode.LIVE
    g.pop("here")
    return redirect(url_for("overview.show"))
