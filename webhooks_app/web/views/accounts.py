"""Log in and out."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_login import current_user, login_required, logout_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.models import User
from webhooks_app.people import sessions
from webhooks_app.web import limits, security
from webhooks_app.web.forms.accounts import LogInForm

bp = Blueprint("accounts", __name__)
# The page to go on to may be one with a token in its address.
bp.after_request(security.keep_token)


@bp.route("/login", methods=["GET", "POST"])
def log_in() -> Response | tuple[str, int] | str:
    if current_user.is_authenticated:
        return redirect(_next_page())
    form, status = LogInForm(), 422
    if form.is_submitted():
        limits.by_address()
    if form.validate_on_submit():
        tries = limits.by_email("login", form.email.data)
        if tries.exceeded:
            form.password.errors = [
                f"Too many attempts for this e-mail. {limits.retry_hint(tries)}"
            ]
            status = 429
        elif (user := _recognised(form)) is not None:
            security.admit(user)
            return redirect(_next_page())
    page = render_template("login.html", form=form)
    return (page, status) if request.method == "POST" else page


@bp.post("/logout")
@login_required
def log_out() -> Response:
    sessions.revoke(db.session(), current_user, session[security.SESSION])
    logout_user()
    session.clear()
    return redirect(url_for("accounts.log_in"))


def _recognised(form: LogInForm) -> User | None:
    user = sessions.find_user(db.session(), form.email.data, form.password.data)
    if user is None:
        form.password.errors = ["This e-mail and password do not fit together."]
    else:
        limits.forget_tries("login", form.email.data)
    return user


def _next_page() -> str:
    """Where the visitor was going, if that is a page of ours. Browsers leave tabs and line breaks
    out of an address, so what is behind them could be anything."""
    target = request.args.get("next", "")
    ours = target.startswith("/") and target[1:2] not in ("/", "\\") and target.isprintable()
    return target if ours else url_for("overview.show")
