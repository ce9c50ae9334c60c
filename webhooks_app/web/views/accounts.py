"""Log in and out."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_login import current_user, login_required, logout_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.models import User
from webhooks_app.people import log_ins, sessions
from webhooks_app.web import limits, security
from webhooks_app.web.forms.accounts import LogInForm

bp = Blueprint("accounts", __name__)
# The page to go on to may be one with a token in its address.
bp.after_request(security.keep_token)

TOO_MANY = "Too many attempts for this e-mail from browsers that it was not used in before."
OTHER_WAY = "You can also reset your password by mail: that lets you in at once."


@bp.route("/login", methods=["GET", "POST"])
def log_in() -> Response | tuple[str, int] | str:
    if current_user.is_authenticated:
        return redirect(_next_page())
    form, status = LogInForm(), 422
    if form.is_submitted():
        limits.by_address()
    if form.validate_on_submit():
        tries = limits.by_account("login", form.email.data)
        if tries.exceeded:
            form.password.errors = [f"{TOO_MANY} {limits.retry_hint(tries)} {OTHER_WAY}"]
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
        log_ins.failed(db.session(), form.email.data, *security.browser())
        form.password.errors = ["Wrong e-mail or password."]
    else:
        limits.forget_tries("login", form.email.data)
    return user


def _next_page() -> str:
    """Where the visitor was going, if that is a page of ours. Browsers leave tabs and line breaks
    out of an address, so what is behind them could be anything."""
    target = request.args.get("next", "")
    ours = target.startswith("/") and target[1:2] not in ("/", "\\") and target.isprintable()
    return target if ours else url_for("overview.show")
