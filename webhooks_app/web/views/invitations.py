"""/invitations/<token>: the recipient accepts it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.errors import BadAccount, NotFound
from webhooks_app.models import Invitation
from webhooks_app.people import invitations as service
from webhooks_app.people.password_rules import BadPassword
from webhooks_app.vocabulary import Mode
from webhooks_app.web import limits
from webhooks_app.web.forms.accounts import JoinForm
from webhooks_app.web.security import admit, keep_token

bp = Blueprint("invitations", __name__, url_prefix="/invitations")
bp.after_request(keep_token)

Answer = Response | tuple[str, int]


@bp.errorhandler(NotFound)
def gone(_: NotFound) -> tuple[str, int]:
    return render_template("invitations/gone.html"), 404


@bp.get("/<token>")
def show(token: str) -> str:
    return _page(service.by_token(db.session(), token), token, JoinForm())


@bp.post("/<token>/accept")
def accept(token: str) -> Answer:
    """One button, for someone who is logged in with that e-mail."""
    invitation = service.by_token(db.session(), token)
    if not current_user.is_authenticated or current_user.email != invitation.email:
        return _page(invitation, token, JoinForm()), 403
    return _arrived(service.accept(db.session(), token, current_user))


@bp.post("/<token>/join")
def join(token: str) -> Answer:
    """With a name and a password, for a new user."""
    limits.by_address()
    form, invitation = JoinForm(), service.by_token(db.session(), token)
    if current_user.is_authenticated or service.has_account(db.session(), invitation):
        return _page(invitation, token, form), 403
    if form.validate():
        try:
            user, organisation_id = service.accept_as_new(
                db.session(), token, form.name.data, form.new.data
            )
        except BadPassword as error:
            form.new.errors = [str(error)]
        except BadAccount as error:
            form.name.errors = [str(error)]
        else:
            admit(user)
            return _arrived(organisation_id)
    return _page(service.by_token(db.session(), token), token, form), 422


def _arrived(organisation_id: str) -> Response:
    flash("Welcome! You are now a member.")
    return redirect(url_for("overview.show", organisation_id=organisation_id, mode=Mode.LIVE.value))


def _page(invitation: Invitation, token: str, form: JoinForm) -> str:
    return render_template(
        "invitations/show.html",
        invitation=invitation,
        token=token,
        form=form,
        has_account=service.has_account(db.session(), invitation),
    )
