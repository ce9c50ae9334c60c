"""Test with one's own data, which starts as the sample or as a recent event."""

import msgspec
from flask import redirect, render_template, request, url_for

from webhooks_app.catalogue import EventType
from webhooks_app.deliveries.log import Logged
from webhooks_app.events import stream
from webhooks_app.events.summaries import summary_of
from webhooks_app.extensions import db
from webhooks_app.lib import json_text
from webhooks_app.lib.errors import Conflict, NotFound
from webhooks_app.lib.pointers import Invalid
from webhooks_app.matching.stored import incoming_of
from webhooks_app.models import Event, Subscription
from webhooks_app.subscriptions import test_delivery
from webhooks_app.web.forms.choices import event_types
from webhooks_app.web.forms.own_test import OwnTestForm, Start
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import editor_required, here
from webhooks_app.web.views.subscriptions.blueprint import Answer, bp, load

OFFERED = 8
LONGEST = 60


@bp.get("/<subscription_id>/test-with-data")
@editor_required
def own_test(subscription_id: str) -> Answer:
    row = load(subscription_id)
    form = OwnTestForm(request.args)
    _begin(form, _offered(form, row))
    return _page(row, form)


@bp.post("/<subscription_id>/test-with-data")
@editor_required
def send_own_test(subscription_id: str) -> Answer:
    row, form = load(subscription_id), OwnTestForm()
    kind, sent = _offered(form, row), None
    if form.show_start.data:
        _begin(form, kind)
    elif form.validate():
        try:
            event = _beginning(form, kind)
            sent = test_delivery.send_test(
                db.session(),
                here().tenant,
                row,
                kind.name,
                form.data.data or "",
                subject=incoming_of(event).subject if event else None,
            )
        except Invalid as error:
            form.show(error.faults)
    # htmx asks for the full page, of which it selects a part: see the template.
    if sent and "HX-Request" not in request.headers:
        return redirect(url_for("deliveries.show", delivery_id=sent.delivery.id))
    return _page(row, form, sent), 422 if form.errors else 200


def _offered(form: OwnTestForm, row: Subscription) -> EventType:
    """The chosen type, otherwise the first that it asks for; the form offers all of them."""
    if test_delivery.is_digest(row):
        raise Conflict("A digest is made from what happened. Press Test to send the last one.")
    asked = test_delivery.types_of(row, event_types())
    if not asked:
        raise Conflict(f"Its event types are retired. Edit this {row.kind} and choose others.")
    kinds = {name: kind for name, kind in asked.items() if not kind.is_system}
    if not kinds:
        raise Conflict("Hookline makes the data of its events. Press Test to send a sample.")
    kind = kinds.get(form.event_type.data or "", next(iter(kinds.values())))
    recent = stream.list_recent(db.session(), here().tenant, kind.name, OFFERED)
    form.offer(
        list(kinds),
        [
            Start(line.event.id, (summary_of(kind.name, line.start) or line.event.id)[:LONGEST])
            for line in recent
        ],
    )
    return kind


def _begin(form: OwnTestForm, kind: EventType) -> None:
    """Fill in the data of the event that was chosen, otherwise the sample."""
    event = _beginning(form, kind)
    form.event_type.data = kind.name
    form.data.data = (
        msgspec.json.format(event.data, indent=2) if event else json_text.indented(kind.sample)
    )


def _beginning(form: OwnTestForm, kind: EventType) -> Event | None:
    """The event of that type that was chosen to start with."""
    try:
        event = stream.find_event(db.session(), here().tenant, form.start.data or "")
    except NotFound:
        return None
    return event if event.type == kind.name else None


def _page(row: Subscription, form: OwnTestForm, sent: Logged | None = None) -> str:
    in_drawer = wants_fragment()
    name = "_own_test" if in_drawer else "own_test"
    return render_template(
        f"subscriptions/{name}.html", row=row, form=form, logged=sent, in_drawer=in_drawer
    )
