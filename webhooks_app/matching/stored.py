"""A stored event, in the form in which it was matched."""

from webhooks_app.lib import json_text
from webhooks_app.matching.budget import PER_EVENT, Budget, Spent
from webhooks_app.matching.conditions import Condition, evaluate
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.match import view_of
from webhooks_app.models import Event
from webhooks_app.vocabulary import Match


def incoming_of(event: Event) -> Incoming:
    has_subject = event.subject_type is not None and event.subject_id is not None
    return Incoming(
        type=event.type,
        data=event.data,
        occurred_at=event.occurred_at,
        subject=(event.subject_type or "", event.subject_id or "") if has_subject else None,
        source_id=event.source_id,
        changed=_changed(event),
    )


def has_text_at(event: Event, path: str, text: str) -> bool:
    """Whether the event's data have that text at the path."""
    either = [Condition(path, operator, text) for operator in ("contains", "equals")]
    try:
        return evaluate(either, Match.ANY, view_of(incoming_of(event)), Budget(PER_EVENT))
    except Spent:
        return False


def _changed(event: Event) -> tuple[str, ...] | None:
    """The paths that it changed; None if unknown."""
    return None if event.changed is None else json_text.read_as(tuple[str, ...], event.changed)
