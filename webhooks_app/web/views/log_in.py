"""Log in and out."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.models import User
from webhooks_app.people import log_ins, second_factor, sessions
from webhooks_app.web import challenges, limits, proofs, security, waiting
from webhooks_app.web.forms.accounts import LogInForm

bp = Blueprint("accounts", __name__)
# The next page may have a token in its address.
bp.after_request(security.keep_token)

Answer = Response | tuple[str, int]

TOO_MANY = "Too many attempts for this e-mail."
OTHER_WAY = "You can also reset your password by mail and get in at once."


@bp.route("/login", methods=["GET", "POST"])
def log_in() -> Response | tuple[str, int] | str:
    if current_user.is_authenticated:
        return redirect(security.next_page())
    form, status = LogInForm(), 422
    if form.is_submitted():
        limits.by_address()
    if form.validate_on_submit():
        tries = limits.by_account("login", form.email.data)
        if tries.exceeded:
            form.password.errors = [f"{TOO_MANY} {limits.retry_hint(tries)} {OTHER_WAY}"]
            status = 429
        elif (user := _recognised(form)) is not None:
            return _let_in(user)
    page = _page(form)
    return (page, status) if request.method == "POST" else page


@bp.post("/login/passkey")
def log_in_by_passkey() -> Answer:
    """Log in without a password: the device has asked for a finger, a face or its PIN."""
    limits.by_address()
    try:
        user = proofs.log_in_by_passkey()
    except proofs.NotProven as error:
        return _page(LogInForm(formdata=None), str(error)), error.status
    security.admit(user)
    return redirect(security.next_page())


@bp.post("/logout")
def log_out() -> Response:
    """Log out; also ends a log-in that waits for its second factor."""
    if current_user.is_authenticated:
        sessions.revoke(db.session(), current_user, session[security.SESSION])
        logout_user()
    session.clear()
    return redirect(url_for("accounts.log_in"))


def _let_in(user: User) -> Response:
    """Log in at once, or ask for the second factor."""
    if second_factor.factors_of(db.session(), user):
        waiting.begin(user)
        return redirect(url_for("second_step.show", next=security.next_page()))
    security.admit(user)
    return redirect(security.next_page())


def _page(form: LogInForm, passkey_fault: str = "") -> str:
    site = challenges.site()
    return render_template("login.html", form=form, passkey_fault=passkey_fault, site=site)


def _recognised(form: LogInForm) -> User | None:
    user = sessions.find_user(db.session(), form.email.data, form.password.data)
    if user is None:
        log_ins.failed(db.session(), form.email.data, *security.browser())
        form.password.errors = ["Wrong e-mail or password."]
    else:
        limits.forget_tries("login", form.email.data)
    return user
