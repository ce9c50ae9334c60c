"""The settings of the organisation."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.errors import BadAccount
from webhooks_app.organisations import organisation as service
from webhooks_app.organisations import plans
from webhooks_app.parts import parts
from webhooks_app.people import accounts, second_factor
from webhooks_app.web.forms.accounts import OrganisationForm
from webhooks_app.web.fresh import fresh_required
from webhooks_app.web.tenancy import editor_required, here, member_required, owner_required

bp = Blueprint("organisations", __name__)


@bp.get("/settings/organisation/")
@member_required
def show() -> str:
    return _page(OrganisationForm(obj=here().organisation))


@bp.post("/settings/organisation/")
@editor_required
def save() -> Response | tuple[str, int]:
    form = OrganisationForm()
    if not form.validate():
        return _page(form), 422
    try:
        name, time_zone = form.name.data or "", form.time_zone.data
        service.change(db.session(), here().organisation, name, time_zone)
    except BadAccount as error:
        form.name.errors = [str(error)]
        return _page(form), 422
    flash("Saved.")
    return redirect(url_for(".show"))


@bp.post("/settings/organisation/second-factor")
@owner_required
@fresh_required
def require_second_factor() -> Response:
    required = request.form.get("required") == "1"
    second_factor.require(db.session(), here().organisation, current_user, required)
    flash(
        "Every member needs a second factor now."
        if required
        else "A second factor is now optional."
    )
    return redirect(url_for(".show"))


@bp.route("/organisations/new", methods=["GET", "POST"])
@member_required
def new() -> Response | str | tuple[str, int]:
    """Another organisation of whoever is logged in; afterwards they are in it."""
    if not may_open():
        abort(403)
    form = OrganisationForm()
    if request.method == "GET":
        form.time_zone.data = here().organisation.time_zone
        return render_template("organisations/new.html", form=form)
    if form.validate():
        try:
            name, time_zone = form.name.data or "", form.time_zone.data
            made = accounts.open_organisation(
                db.session(), current_user, here().organisation, name, time_zone
            )
        except BadAccount as error:
            form.name.errors = [str(error)]
        else:
            return redirect(url_for("overview.show", organisation_id=made.id))
    return render_template("organisations/new.html", form=form), 422


def may_open() -> bool:
    """Whether the visitor may create organisations."""
    return parts().settings.open_organisations == "everyone" or current_user.is_operator


def _page(form: OrganisationForm) -> str:
    plan = plans.plan_called(here().organisation.plan)
    have, members = second_factor.coverage(db.session(), here().organisation.id)
    return render_template(
        "organisation.html", form=form, plan=plan, have_second_factor=have, members=members
    )
