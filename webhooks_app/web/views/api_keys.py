"""/api-keys: made, shown once, revoked."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.errors import BadAccount
from webhooks_app.lib.names import checked_name
from webhooks_app.people import api_keys as service
from webhooks_app.web import shown_once
from webhooks_app.web.tenancy import editor_required, here, member_required

bp = Blueprint("api_keys", __name__, url_prefix="/api-keys")


@bp.get("/")
@member_required
def index() -> str:
    return render_template("api_keys/index.html", keys=_keys(), error=None)


@bp.post("/")
@editor_required
def create() -> tuple[str, int] | Response:
    try:
        name = checked_name(request.form.get("name", ""), "A key")
    except BadAccount as error:
        return render_template("api_keys/index.html", keys=_keys(), error=str(error)), 422
    place = here()
    key, token = service.create_api_key(db.session(), place.organisation.id, place.mode.value, name)
    shown_once.keep(key.id, token)
    return redirect(url_for(".made", key_id=key.id))


@bp.get("/<key_id>/made")
@editor_required
def made(key_id: str) -> str:
    """Right after it was made; later, that it was shown."""
    key = service.find_key(db.session(), here().tenant, key_id)
    return render_template("api_keys/made.html", key=key, shown=shown_once.take(key.id))


@bp.route("/<key_id>/revoke", methods=["GET", "POST"])
@editor_required
def revoke(key_id: str) -> Response | str:
    key = service.find_key(db.session(), here().tenant, key_id)
    if request.method == "GET":
        return render_template("api_keys/revoke.html", key=key)
    service.revoke(db.session(), key)
    flash(f"{key.name} was revoked and no longer works.")
    return redirect(url_for(".index"))


def _keys() -> service.Keys:
    return service.list_keys(db.session(), here().tenant)
