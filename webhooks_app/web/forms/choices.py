"""The shared parts of the forms of events: a choice of types, and a box for JSON."""

from collections.abc import Mapping

from wtforms.fields.choices import SelectChoice

from webhooks_app.catalogue import EventType
from webhooks_app.events.type_registry import by_group, reportable_types, subscribable_types
from webhooks_app.extensions import db
from webhooks_app.web.tenancy import here

JSON_BOX = {"class": "json", "spellcheck": "false"}


def reportable() -> dict[str, EventType]:
    """The types that can be reported by hand."""
    return reportable_types(db.session(), here().organisation.id)


def event_types() -> dict[str, EventType]:
    """The types that actions and webhooks can ask for."""
    return subscribable_types(db.session(), here().organisation.id)


def groups() -> dict[str, list[EventType]]:
    return by_group(event_types())


def event_choices() -> list[SelectChoice]:
    return _choices(groups())


def reportable_choices() -> list[SelectChoice]:
    return _choices(by_group(reportable()))


def _choices(groups: Mapping[str, list[EventType]]) -> list[SelectChoice]:
    return [
        SelectChoice(kind.name, f"{kind.title} ({kind.name})", optgroup=group)
        for group, kinds in groups.items()
        for kind in kinds
    ]
