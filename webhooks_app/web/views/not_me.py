"""/account/not-me/<token>: the owner reports a change that they did not make."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.errors import NotFound
from webhooks_app.people import alarms
from webhooks_app.people import not_me as service
from webhooks_app.web.security import keep_token

bp = Blueprint("not_me", __name__, url_prefix="/account/not-me")
bp.after_request(keep_token)


@bp.errorhandler(NotFound)
def gone(_: NotFound) -> tuple[str, int]:
    return render_template("not_me/gone.html"), 404


@bp.get("/<token>")
def ask(token: str) -> str:
    return render_template("not_me/ask.html", alarm=alarms.read(db.session(), token))


@bp.post("/<token>")
def confirm(token: str) -> Response:
    """End all sessions, then ask for a new password."""
    reset = service.raise_alarm(db.session(), token)
    flash("All browsers were logged out. Now choose a new password.")
    return redirect(url_for("passwords.reset", token=reset))
