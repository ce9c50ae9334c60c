"""The right half of a form: which recent events would fire it, and what it would send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request
from markupsafe import Markup

from webhooks_app.events.seen_subjects import SeenSubject, seen
from webhooks_app.extensions import db
from webhooks_app.lib import json_text
from webhooks_app.mail.service import desk_of
from webhooks_app.matching.paths import is_path, leaves
from webhooks_app.matching.type_patterns import asks_for
from webhooks_app.models import Event
from webhooks_app.parts import parts
from webhooks_app.subscriptions import preview, would_send
from webhooks_app.subscriptions.spec import EmailSpec
from webhooks_app.subscriptions.would_send import WouldSend
from webhooks_app.web.forms.choices import event_types
from webhooks_app.web.forms.subscriptions import SubscriptionForm
from webhooks_app.web.json_view import shown as shown_json
from webhooks_app.web.schema_table import rows_of
from webhooks_app.web.tenancy import here

OFFERED = 8
SAMPLE = "sample"
MOST_VALUES, LONGEST_VALUE = 30, 80


@dataclass(frozen=True, slots=True)
class Shown:
    """`events` can be chosen for the example; `mail` and `digest` are the query of the frame that
    shows one. `fields` and `subjects` are suggestions for conditions and the scope, `values` what
    the shown event has at its fields."""

    would: WouldSend | None
    url: str
    body: Markup
    events: Sequence[Event]
    mail: Mapping[str, str]
    digest: Mapping[str, object]
    fields: Sequence[str]
    subjects: Sequence[SeenSubject]
    values: Sequence[tuple[str, str]]


def happening(form: SubscriptionForm) -> Mapping[str, object]:
    """What the template shows, as far as the form is filled in."""
    spec, session, tenant = form.as_far_as_filled_in(), db.session(), here().tenant
    found = preview.of(session, tenant, spec)
    offered = [one.event for one in (*found.matching, *found.others)][:OFFERED]
    event = _chosen(offered, found)
    settings = parts().settings
    would = would_send.for_event(
        session, tenant, spec, event, desk_of(settings), settings.user_agent
    )
    shown = Shown(
        would=would,
        url=getattr(spec, "url", ""),
        body=shown_json(would.body) if would else Markup(""),
        events=offered,
        mail={
            "name": spec.name,
            "subject": getattr(spec, "email_subject", None) or "",
            "type": spec.event_types[0] if spec.event_types else "",
            "event": event.id if event else "",
        },
        digest=_digest(form, spec) if isinstance(spec, EmailSpec) else {},
        fields=_fields(spec.event_types),
        subjects=seen(session, tenant),
        values=_values(event, spec.event_types),
    )
    return {"preview": found, "shown": shown}


def _chosen(offered: Sequence[Event], found: preview.Preview) -> Event | None:
    """The event that was chosen, otherwise the newest that matches, otherwise the sample."""
    wanted = request.form.get("shown_event")
    if wanted == SAMPLE:
        return None
    newest = found.matching[0].event if found.matching else None
    return next((event for event in offered if event.id == wanted), newest)


def _digest(form: SubscriptionForm, spec: EmailSpec) -> Mapping[str, object]:
    if spec.schedule is None:
        return {}
    names = ("name", "scope_type", "scope_id", "frequency", "hour", "weekday", "time_zone")
    asked = {name: form[name].data for name in names}
    return {name: value for name, value in asked.items() if value is not None}


def _fields(names: Sequence[str]) -> Sequence[str]:
    asked = [kind for name, kind in event_types().items() if asks_for(names, name)]
    rows = [row.path for kind in asked for row in rows_of(kind.schema)]
    return list(dict.fromkeys(rows))


def _values(event: Event | None, names: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Paths and short values of the event, otherwise of the first type's sample."""
    first = next((one for name, one in event_types().items() if asks_for(names, name)), None)
    data = json_text.read_start(event.data) if event else first.sample if first else None
    shown = ((path, _text(value)) for path, value in leaves(data) if is_path(path))
    return [one for one in shown if len(one[1]) <= LONGEST_VALUE][:MOST_VALUES]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
