"""/device: approve a program that asks for a key, such as the command line."""

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.times import utcnow
from webhooks_app.models import DeviceLogIn
from webhooks_app.people import device_log_ins as service
from webhooks_app.people.api_keys import PRESETS
from webhooks_app.vocabulary import Mode
from webhooks_app.web import limits
from webhooks_app.web.forms.device import DeviceForm
from webhooks_app.web.fresh import fresh_required
from webhooks_app.web.tenancy import login_required

bp = Blueprint("device", __name__, url_prefix="/device")

Answer = Response | str | tuple[str, int]
UNKNOWN = "No program waits with this code. It may have expired: start again on the command line."


@bp.get("/")
@login_required
def show() -> Answer:
    """Ask for the code, or show what asks with it."""
    typed = request.args.get("code", "")
    if not typed:
        return render_template("device/ask.html", typed="", fault="")
    row = _find(typed)
    return row if isinstance(row, tuple) else _page(row, _form(row))


@bp.post("/approve")
@login_required
@fresh_required
def approve() -> Answer:
    row = _find(request.form.get("code", ""))
    if isinstance(row, tuple):
        return row
    organisations = service.places_of(db.session(), current_user)
    form = DeviceForm()
    form.offer(organisations)
    if not form.validate():
        return _page(row, form), 422
    tenant = form.tenant()
    [zone] = [one.time_zone for one in organisations if one.id == tenant.organisation_id]
    scopes, ends = form.chosen_scopes(), form.expires_at(utcnow(), ZoneInfo(zone))
    try:
        name = form.name.data or ""
        service.approve(db.session(), row, current_user, tenant, name, scopes, ends)
    except Invalid as error:
        form.show(error.faults)
        return _page(row, form), 422
    return redirect(url_for(".done", organisation_id=tenant.organisation_id, mode=str(tenant.mode)))


@bp.post("/refuse")
@login_required
def refuse() -> Answer:
    row = _find(request.form.get("code", ""))
    if isinstance(row, tuple):
        return row
    service.refuse(db.session(), row)
    flash("Refused. The program gets no key.")
    return redirect(url_for(".show"))


@bp.get("/done")
@login_required
def done() -> str:
    """The query says where the key is. Its link checks who may see it."""
    place = {name: request.args.get(name, "") for name in ("organisation_id", "mode")}
    is_known = all(place.values()) and place["mode"] in set(Mode)
    return render_template("device/done.html", place=place if is_known else None)


def _find(typed: str) -> DeviceLogIn | tuple[str, int]:
    """The log-in, or the page to type another code. Only wrong codes are counted."""
    tries = limits.left("device code", current_user.id)
    if not tries.exceeded:
        try:
            return service.find_waiting(db.session(), typed, utcnow())
        except NotFound:
            tries = limits.count("device code", current_user.id)
    fault = f"Too many codes. {limits.retry_hint(tries)}" if tries.exceeded else UNKNOWN
    page = render_template("device/ask.html", typed=typed, fault=fault)
    return page, 429 if tries.exceeded else 422


def _form(row: DeviceLogIn) -> DeviceForm:
    form = DeviceForm(
        formdata=None,
        data={"name": row.client, "preset": service.preselected(row.preset), "expires": "90"},
    )
    form.offer(service.places_of(db.session(), current_user))
    return form


def _page(row: DeviceLogIn, form: DeviceForm) -> str:
    return render_template("device/show.html", row=row, form=form, presets=PRESETS)
