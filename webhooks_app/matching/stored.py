"""A stored event, in the form in which it was matched."""

from webhooks_app.lib import json_text
from webhooks_app.matching.incoming import Incoming
from webhooks_app.models import Event


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


def _changed(event: Event) -> tuple[str, ...] | None:
    """The paths that it changed; None if unknown."""
    return None if event.changed is None else json_text.read_as(tuple[str, ...], event.changed)
