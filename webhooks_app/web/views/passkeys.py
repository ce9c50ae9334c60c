"""/passkeys/options: what a browser needs to create a passkey, or to sign with one."""

from flask import Blueprint, Response, abort, request
from flask_login import current_user

from webhooks_app.extensions import db
from webhooks_app.models import User
from webhooks_app.people import passkeys
from webhooks_app.people.passkeys import RelyingParty
from webhooks_app.web import challenges, waiting

bp = Blueprint("passkeys", __name__, url_prefix="/passkeys")


@bp.post("/options")
def options() -> Response:
    """For `purpose`: `register`, `prove` (a second factor), `log in` (without a password)."""
    site = challenges.site()
    if site is None:
        abort(404)
    purpose = request.form.get("purpose", "")
    return Response(_options(site, purpose), content_type="application/json")


def _options(site: RelyingParty, purpose: str) -> str:
    if purpose == "log in":
        return passkeys.proof_options(site, [], challenges.new(purpose))
    if purpose == "register":
        user = _person(None)
        known = passkeys.of(db.session(), user)
        return passkeys.registration_options(site, user, known, challenges.new(purpose))
    known = passkeys.of(db.session(), _person(waiting.whose()))
    if purpose != "prove" or not known:
        abort(400)
    return passkeys.proof_options(site, known, challenges.new(purpose))


def _person(waits: User | None) -> User:
    """The user who is logged in or about to be; a 401 for strangers."""
    user: User | None = current_user if current_user.is_authenticated else waits
    return user or abort(401)
