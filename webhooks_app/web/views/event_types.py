"""/event-types: the catalogue for people, and an organisation's own types."""

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.catalogue import EventType
from webhooks_app.channels.webhook.formats.pollybot import name_of
from webhooks_app.events import custom_types as service
from webhooks_app.events.type_registry import (
    as_event_type,
    by_group,
    find_own,
    find_type,
    known_types,
)
from webhooks_app.extensions import db
from webhooks_app.lib import json_text
from webhooks_app.lib.pointers import Invalid
from webhooks_app.models import CustomEventType
from webhooks_app.web.event_examples import event_examples
from webhooks_app.web.forms.event_types import EventTypeForm
from webhooks_app.web.schema_table import rows_of
from webhooks_app.web.sorting import Column, Sorting
from webhooks_app.web.tenancy import editor_required, here, member_required

bp = Blueprint("event_types", __name__, url_prefix="/event-types")

NAMES: Mapping[str, Callable[[EventType], str]] = {"name": lambda kind: kind.name}

Answer = Response | str | tuple[str, int]


@bp.get("/")
@member_required
def index() -> str:
    """By group, or all of them by name."""
    sorting = Sorting({"name": Column("Name")}, "Group")
    known = known_types(db.session(), here().organisation.id)
    groups = by_group(known)
    if sorting.by:
        groups = {"All by name": sorting.arranged(list(known.values()), NAMES)}
    return render_template("event_types/index.html", groups=groups, sorting=sorting)


@bp.get("/<name>")
@member_required
def show(name: str) -> str:
    kind = find_type(db.session(), here().organisation.id, name)
    base = request.host_url.rstrip("/")
    return render_template(
        "event_types/show.html",
        kind=kind,
        examples=[] if kind.is_system else event_examples(base, name, kind.sample),
        fields=rows_of(kind.schema),
        sample=json_text.indented(kind.sample),
        schema=json_text.indented(kind.schema) if kind.schema else "",
        pollybot_name=name_of(kind.name),
    )


@bp.route("/new", methods=["GET", "POST"])
@editor_required
def new() -> Answer:
    form = EventTypeForm()
    if request.method == "POST" and form.validate():
        try:
            row = service.register(db.session(), here().organisation.id, form.members())
        except Invalid as error:
            form.show(error.faults)
        else:
            flash(f"{row.name} is registered. Your platform can now report it.")
            return redirect(url_for(".show", name=row.name))
    return _form(form)


@bp.route("/<name>/edit", methods=["GET", "POST"])
@editor_required
def edit(name: str) -> Answer:
    row = _load(name)
    form = EventTypeForm()
    if request.method == "GET":
        form.fill(as_event_type(row))
    elif form.validate():
        try:
            service.update(db.session(), row, form.members("name"))
        except Invalid as error:
            form.show(error.faults)
        else:
            flash("Saved.")
            return redirect(url_for(".show", name=name))
    return _form(form, row)


@bp.route("/<name>/retire", methods=["GET", "POST"])
@editor_required
def retire(name: str) -> Answer:
    row = _load(name)
    if request.method == "GET":
        asking = service.asking_for(db.session(), row)
        return render_template("event_types/retire.html", row=row, asking=asking)
    service.retire(db.session(), row)
    flash(f"{name} is retired. New events of this type are refused.")
    return redirect(url_for(".index"))


def _form(form: EventTypeForm, row: CustomEventType | None = None) -> tuple[str, int]:
    page = render_template("event_types/form.html", form=form, row=row)
    return page, 422 if form.errors or any(field.errors for field in form) else 200


def _load(name: str) -> CustomEventType:
    return find_own(db.session(), here().organisation.id, name)
