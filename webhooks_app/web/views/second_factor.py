"""/account/second-factor: an authenticator app, passkeys and recovery codes."""

import msgspec
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.crypto import Unreadable
from webhooks_app.lib.errors import BadAccount, NotFound
from webhooks_app.parts import parts
from webhooks_app.people import passkeys, totp
from webhooks_app.people import second_factor as service
from webhooks_app.people.passkeys import BadPasskey
from webhooks_app.people.second_factor import WrongCode
from webhooks_app.web import challenges, limits, proofs, shown_once
from webhooks_app.web.forms.accounts import FirstCodeForm, PasskeyForm
from webhooks_app.web.fresh import fresh_required
from webhooks_app.web.security import visitor
from webhooks_app.web.tenancy import login_required

bp = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")

Answer = Response | str | tuple[str, int]


class _Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A secret that the page shows until its first code is entered."""

    user_id: str
    totp_secret: str


@bp.get("/")
@login_required
def show() -> str:
    return render_template(
        "second_factor/show.html",
        factors=service.factors_of(db.session(), current_user),
        site=challenges.site(),
        must_enrol=visitor().must_enrol,
        required=visitor().needs_second_factor,
    )


@bp.get("/app")
@login_required
@fresh_required
def new_app() -> Answer:
    return _app_page(totp.new_secret())


@bp.post("/app")
@login_required
@fresh_required
def add_app() -> Answer:
    """The encrypted secret comes back with the code, so that a wrong code changes nothing."""
    form = FirstCodeForm()
    secret = _secret(form.sealed.data or "")
    tries = limits.count("enrolment", current_user.id)
    if tries.exceeded:
        return _app_page(secret, f"Too many attempts. {limits.retry_hint(tries)}"), 429
    try:
        code = form.code.data or ""
        codes = service.add_app(db.session(), current_user, secret, code, parts().vault)
    except WrongCode:
        return _app_page(secret, proofs.WRONG_CODE), 422
    limits.forget("enrolment", current_user.id)
    flash("Your authenticator app is set up.")
    return _leave(codes)


@bp.get("/passkeys/new")
@login_required
@fresh_required
def new_passkey() -> Answer:
    return _passkey_page(PasskeyForm())


@bp.post("/passkeys")
@login_required
@fresh_required
def add_passkey() -> Answer:
    form = PasskeyForm()
    name, answer = form.name.data or "", form.passkey.data or ""
    try:
        site, challenge = challenges.needed_site(), challenges.take("register")
        passkey = passkeys.registered(site, current_user, name, answer, challenge)
        codes = service.add_passkey(db.session(), current_user, passkey)
    except BadPasskey:
        return _passkey_page(form, proofs.WRONG_PASSKEY), 422
    except BadAccount as error:
        return _passkey_page(form, str(error)), 422
    flash(f"{passkey.name} was added.")
    return _leave(codes)


@bp.route("/app/remove", methods=["GET", "POST"])
@login_required
@fresh_required
def remove_app() -> Answer:
    if request.method == "GET":
        return render_template("second_factor/remove.html", name="the authenticator app")
    service.remove_app(db.session(), current_user)
    flash("The authenticator app was removed.")
    return redirect(url_for(".show"))


@bp.route("/passkeys/<passkey_id>/remove", methods=["GET", "POST"])
@login_required
@fresh_required
def remove_passkey(passkey_id: str) -> Answer:
    mine = service.factors_of(db.session(), current_user).passkeys
    passkey = next((one for one in mine if one.id == passkey_id), None)
    if passkey is None:
        raise NotFound
    if request.method == "GET":
        return render_template("second_factor/remove.html", name=passkey.name)
    service.remove_passkey(db.session(), current_user, passkey_id)
    flash(f"{passkey.name} was removed.")
    return redirect(url_for(".show"))


@bp.route("/codes/renew", methods=["GET", "POST"])
@login_required
@fresh_required
def renew_codes() -> Answer:
    if request.method == "GET":
        return render_template("second_factor/renew_codes.html")
    return _leave(service.renew_codes(db.session(), current_user))


@bp.get("/codes")
@login_required
def codes() -> str:
    """The codes right after they were made; later, a note that they were already shown."""
    return render_template("second_factor/codes.html", shown=shown_once.take(current_user.id))


def _leave(codes: list[str]) -> Response:
    """Go to the page that shows new recovery codes, if there are any."""
    if not codes:
        return redirect(url_for(".show"))
    shown_once.keep(current_user.id, "\n".join(codes), "recovery codes")
    return redirect(url_for(".codes"))


def _secret(sealed: str) -> str:
    """The secret that the page showed, or a new one if it was not encrypted here for this person.

    No other encrypted value can be decrypted this way.
    """
    try:
        text = parts().vault.open(sealed)
        offered = msgspec.json.decode(text, type=_Offer)
    except (Unreadable, msgspec.DecodeError):
        return totp.new_secret()
    return offered.totp_secret if offered.user_id == current_user.id else totp.new_secret()


def _app_page(secret: str, fault: str = "") -> str:
    address = totp.address(secret, current_user.email, parts().settings.brand_name)
    offer = msgspec.json.encode(_Offer(current_user.id, secret)).decode()
    form = FirstCodeForm(formdata=None, sealed=parts().vault.seal(offer))
    form.code.errors = [fault] if fault else []
    return render_template(
        "second_factor/app.html",
        qr_code=totp.qr_code(address),
        secret=secret,
        form=form,
    )


def _passkey_page(form: PasskeyForm, fault: str = "") -> str:
    form.name.errors = [fault] if fault else []
    return render_template("second_factor/passkey.html", form=form, site=challenges.site())
