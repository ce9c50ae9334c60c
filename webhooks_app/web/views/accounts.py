"""Log in and out."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask_login import current_user, login_required, login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from webhooks_app.extensions import db
from webhooks_app.lib.rate import Rates
from webhooks_app.services import sessions
from webhooks_app.web.forms.accounts import LogInForm

bp = Blueprint("accounts", __name__)


@bp.route("/login", methods=["GET", "POST"])
def log_in() -> BaseResponse | tuple[str, int] | str:
    if current_user.is_authenticated:
        return redirect(url_for("overview.show"))
    form = LogInForm()
    if form.is_submitted():
        _slow_down()
    if form.validate_on_submit():
        user = sessions.find_user(db.session(), form.email.data, form.password.data)
        if user is not None:
            login_user(user)
            return redirect(_next_page())
        form.password.errors = ["This e-mail and password do not fit together."]
    page = render_template("login.html", form=form)
    return (page, 422) if request.method == "POST" else page


@bp.post("/logout")
@login_required
def log_out() -> BaseResponse:
    logout_user()
    return redirect(url_for("accounts.log_in"))


def _slow_down() -> None:
    """Too many tries from one address end in a 429."""
    limits = current_app.config["SETTINGS"].login_rate_limit
    rates: Rates = current_app.extensions["rates"]
    if rates.count(limits, "login", request.remote_addr or "").exceeded:
        abort(429)


def _next_page() -> str:
    """Where the visitor was going, if that is a page of ours."""
    target = request.args.get("next", "")
    parts = urlsplit(target)
    ours = target.startswith("/") and not parts.netloc and not target.startswith(("//", "/\\"))
    return target if ours else url_for("overview.show")
