"""/account: name, password, and logged-in browsers."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.errors import BadAccount
from webhooks_app.people import accounts, log_ins, passwords, sessions
from webhooks_app.people.password_rules import BadPassword
from webhooks_app.web import limits
from webhooks_app.web.forms.accounts import NameForm, PasswordForm
from webhooks_app.web.security import SESSION, follow, visitor
from webhooks_app.web.tenancy import login_required
from webhooks_app.web.words import browser

bp = Blueprint("account", __name__, url_prefix="/account")

Answer = Response | tuple[str, int]


@bp.get("/")
@login_required
def show() -> str:
    return _page(NameForm(name=current_user.name), PasswordForm())


@bp.post("/name")
@login_required
def rename() -> Answer:
    form = NameForm()
    try:
        accounts.rename(db.session(), current_user, form.name.data or "")
    except BadAccount as error:
        form.name.errors = [str(error)]
        return _page(form, PasswordForm()), 422
    flash("Name saved.")
    return redirect(url_for(".show"))


@bp.post("/password")
@login_required
def change_password() -> Answer:
    form, status = PasswordForm(), 422
    if form.validate():
        tries = limits.count("password", current_user.id, session[SESSION])
        if tries.exceeded:
            form.current.errors = [f"Too many attempts. {limits.retry_hint(tries)}"]
            status = 429
        elif _changed(form):
            flash("Password changed. You were logged out everywhere else.")
            return redirect(url_for(".show"))
    return _page(NameForm(name=current_user.name), form), status


def _changed(form: PasswordForm) -> bool:
    row = visitor().session
    try:
        passwords.change(db.session(), current_user, form.current.data, form.new.data, row)
    except passwords.WrongPassword:
        form.current.errors = ["This is not your current password."]
        return False
    except BadPassword as error:
        form.new.errors = [str(error)]
        return False
    follow(row)
    return True


@bp.post("/sessions/<session_id>/revoke")
@login_required
def revoke_session(session_id: str) -> Response:
    sessions.revoke(db.session(), current_user, session_id)
    flash("That browser is logged out.")
    return redirect(url_for(".show"))


@bp.post("/sessions/revoke-others")
@login_required
def revoke_others() -> Response:
    sessions.revoke_others(db.session(), current_user, session[SESSION])
    flash("You were logged out everywhere else.")
    return redirect(url_for(".show"))


def _page(name_form: NameForm, password_form: PasswordForm) -> str:
    return render_template(
        "account/show.html",
        browser=browser,
        name_form=name_form,
        password_form=password_form,
        sessions=sessions.sessions_of(db.session(), current_user),
        this_one=session[SESSION],
        has_second_factor=visitor().has_second_factor,
        failures=log_ins.recent_failures(db.session(), current_user),
    )
