"""/password: reset a forgotten password by a link in a mail."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.errors import NotFound
from webhooks_app.people import passwords as service
from webhooks_app.people.password_rules import BadPassword
from webhooks_app.web import devices, limits
from webhooks_app.web.forms.accounts import ForgotForm, NewPasswordForm
from webhooks_app.web.security import keep_token

bp = Blueprint("passwords", __name__, url_prefix="/password")
bp.after_request(keep_token)

SENT = (
    "If that address has an account, a link is on its way. It works for an hour. "
    "After several requests, use the newest mail."
)
Answer = Response | tuple[str, int] | str


@bp.errorhandler(NotFound)
def gone(_: NotFound) -> tuple[str, int]:
    return render_template("password/gone.html"), 404


@bp.route("/forgot", methods=["GET", "POST"])
def forgot() -> Answer:
    """The answer is always the same, with or without an account, and even after too many requests.

    The earlier mails are there, and their links work.
    """
    form = ForgotForm()
    if form.is_submitted():
        limits.by_address()
    if form.validate_on_submit():
        if not limits.by_account("forgot", form.email.data).exceeded:
            service.ask_for_reset(db.session(), form.email.data)
        flash(SENT)
        return redirect(url_for("accounts.log_in"))
    page = render_template("password/forgot.html", form=form)
    return (page, 422) if request.method == "POST" else page


@bp.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> Answer:
    """Log out everywhere, including this browser, so that people try the new password at once."""
    form, user = NewPasswordForm(), service.whose_reset(db.session(), token)
    if form.validate_on_submit():
        email = user.email
        try:
            service.reset(db.session(), token, form.new.data)
        except BadPassword as error:
            form.new.errors = [str(error)]
        else:
            devices.remember(email)
            limits.forget_tries("forgot", email)
            flash("Your password is set. Log in with it; you were logged out everywhere.")
            return redirect(url_for("accounts.log_in"))
    page = render_template("password/reset.html", form=form, email=user.email)
    return (page, 422) if request.method == "POST" else page
