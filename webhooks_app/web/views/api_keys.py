"""/api-keys: create, show once, rotate, revoke."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey
from webhooks_app.people import api_keys as service
from webhooks_app.web import shown_once
from webhooks_app.web.forms.api_keys import KeyForm
from webhooks_app.web.forms.rotate import RotateKeyForm
from webhooks_app.web.fresh import fresh_required
from webhooks_app.web.sorting import Column, Sorting
from webhooks_app.web.tenancy import editor_required, here, member_required

bp = Blueprint("api_keys", __name__, url_prefix="/api-keys")

COLUMNS = {
    "name": Column("Name"),
    "created": Column("Created", descending=True),
    "used": Column("Last used", descending=True),
    "expires": Column("Expires"),
}
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
KEYS: Mapping[str, Callable[[service.ListedKey], Any]] = {
    "name": lambda listed: listed.key.name.casefold(),
    "created": lambda listed: listed.key.created_at,
    "used": lambda listed: listed.key.last_used_at or FIRST,
    "expires": lambda listed: listed.key.expires_at or LAST,
}


@bp.get("/")
@member_required
def index() -> str:
    return _index(KeyForm(formdata=None))


@bp.post("/")
@editor_required
@fresh_required
def create() -> tuple[str, int] | Response:
    form, place = KeyForm(), here()
    if not form.validate():
        return _index(form), 422
    try:
        key, token = service.create_api_key(
            db.session(),
            place.organisation.id,
            place.mode.value,
            form.name.data or "",
            form.chosen_scopes(),
            form.expires_at(utcnow(), ZoneInfo(place.organisation.time_zone)),
        )
    except Invalid as error:
        form.show(error.faults)
        return _index(form), 422
    return _show_once(key, token, "made")


@bp.get("/<key_id>")
@member_required
def show(key_id: str) -> str:
    key = _load(key_id)
    return render_template(
        "api_keys/show.html", key=key, preset=service.preset_of(key.scopes), now=utcnow()
    )


@bp.get("/<key_id>/made")
@editor_required
def made(key_id: str) -> str:
    """The new key right after it was made; later, a note that it was already shown."""
    key = _load(key_id)
    return render_template("api_keys/made.html", key=key, shown=shown_once.take(key.id))


@bp.route("/<key_id>/rotate", methods=["GET", "POST"])
@editor_required
@fresh_required
def rotate(key_id: str) -> Response | tuple[str, int]:
    key, form = _load(key_id), RotateKeyForm()
    if not form.validate_on_submit():
        page = render_template("api_keys/rotate.html", key=key, form=form)
        return page, 200 if request.method == "GET" else 422
    new, token = service.rotate(db.session(), key, timedelta(hours=form.overlap.data))
    return _show_once(new, token, "rotated")


@bp.route("/<key_id>/revoke", methods=["GET", "POST"])
@editor_required
@fresh_required
def revoke(key_id: str) -> Response | str:
    key = _load(key_id)
    if request.method == "GET":
        return render_template("api_keys/revoke.html", key=key, now=utcnow())
    service.revoke(db.session(), key)
    flash(f"{key.name} was revoked and no longer works.")
    return redirect(url_for(".index"))


def _show_once(key: ApiKey, token: str, why: str) -> Response:
    shown_once.keep(key.id, token, why)
    return redirect(url_for(".made", key_id=key.id))


def _load(key_id: str) -> ApiKey:
    return service.find_key(db.session(), here().tenant, key_id)


def _index(form: KeyForm) -> str:
    sorting = Sorting(COLUMNS, "Newest")
    return render_template(
        "api_keys/index.html",
        form=form,
        sorting=sorting,
        keys=sorting.arranged(service.list_keys(db.session(), here().tenant), KEYS),
        presets=service.PRESETS,
        preset_of=service.preset_of,
        now=utcnow(),
    )
