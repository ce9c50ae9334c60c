"""/: where the visitor was last."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webhooks_app.web.tenancy import is_somewhere, login_required

bp = Blueprint("home", __name__)


@bp.get("/")
@login_required
def show() -> Response | str:
    if not is_somewhere():
        return render_template("no_organisation.html")
    return redirect(url_for("overview.show"))
