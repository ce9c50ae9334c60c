"""An organisation's event types: the catalogue's and those that it registered."""

from collections.abc import Mapping

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webhooks_app.catalogue import CATALOGUE, EventType, event_type
from webhooks_app.database import reading
from webhooks_app.extensions import db
from webhooks_app.lib import json_text
from webhooks_app.lib.cache import Cache
from webhooks_app.lib.errors import NotFound
from webhooks_app.models import CustomEventType

UNREADABLE = "Its sample or schema can no longer be read. Save them again."
KEPT_SECONDS = 1.0
KEPT_ORGANISATIONS = 10_000


def known_types(session: Session, organisation_id: str) -> dict[str, EventType]:
    """All current types by name: the catalogue's, then its own by group and name."""
    own = session.scalars(
        _own_of(organisation_id)
        .where(CustomEventType.retired_at.is_(None))
        .order_by(CustomEventType.group, CustomEventType.name)
    )
    return {**CATALOGUE, **{row.name: as_event_type(row) for row in own}}


def reportable_types(session: Session, organisation_id: str) -> dict[str, EventType]:
    """The types that platforms report, without those that we send by ourselves."""
    known = known_types(session, organisation_id)
    return {name: kind for name, kind in known.items() if not kind.is_system}


def subscribable_types(session: Session, organisation_id: str) -> dict[str, EventType]:
    """The types that actions and webhooks can ask for: also what happens to themselves."""
    known = known_types(session, organisation_id)
    return {name: kind for name, kind in known.items() if kind.is_subscribable}


def logged_names(session: Session, organisation_id: str) -> list[str]:
    """All types that events may have, retired ones too: for searching logs."""
    own = (
        _own_of(organisation_id)
        .order_by(CustomEventType.name)
        .with_only_columns(CustomEventType.name)
    )
    return [*CATALOGUE, *session.scalars(own)]


def find_type(session: Session, organisation_id: str, name: str) -> EventType:
    """Raises `NotFound`, also for a retired one and another organisation's."""
    return event_type(name) or as_event_type(find_own(session, organisation_id, name))


def find_own(session: Session, organisation_id: str, name: str) -> CustomEventType:
    """A type that it registered. Raises `NotFound`, also for a retired one."""
    row = session.get(CustomEventType, (organisation_id, name))
    if row is None or row.retired_at is not None:
        raise NotFound
    return row


def as_event_type(row: CustomEventType) -> EventType:
    """A type that cannot be read has an empty sample, and its description says so."""
    sample = json_text.read_as(dict[str, object], row.sample)
    schema = json_text.read_as(dict[str, object], row.schema) if row.schema else None
    is_readable = sample is not None and (schema is not None or not row.schema)
    return EventType(
        name=row.name,
        title=row.title,
        description=row.description if is_readable else UNREADABLE,
        group=row.group,
        sample=sample or {},
        schema=schema,
        own=True,
    )


class CustomNames:
    """The names that an organisation registered, for one request.

    Busy producers ask a thousand times a second, so this process keeps the names for a second. A
    type that another process retires may be accepted for one second more. An unknown name is looked
    up again, so a new type works at once.
    """

    def __init__(self, organisation_id: str) -> None:
        self._organisation_id = organisation_id
        self._is_fresh = False

    @property
    def _names(self) -> Select[str]:
        return select(CustomEventType.name).where(
            CustomEventType.in_organisation(self._organisation_id),
            CustomEventType.retired_at.is_(None),
        )

    def __contains__(self, name: object) -> bool:
        names = _kept.get(self._organisation_id) or frozenset()
        if self._is_fresh or name in names:
            return name in names
        self._is_fresh = True
        return name in self._read()

    def _read(self) -> frozenset[str]:
        with reading(db.engine) as connection:
            names = frozenset(connection.scalars(self._names))
        _kept.put(self._organisation_id, names)
        return names


_kept: Cache[str, frozenset[str]] = Cache(KEPT_ORGANISATIONS, KEPT_SECONDS)


def kept_names(organisation_id: str) -> frozenset[str]:
    """The names that this process keeps of an organisation, if any."""
    return _kept.get(organisation_id) or frozenset()


def forget(organisation_id: str) -> None:
    """Forget what this process keeps of an organisation's names."""
    _kept.forget(organisation_id)


def by_group(types: Mapping[str, EventType]) -> dict[str, list[EventType]]:
    """By group, in the order of each group's first type."""
    groups: dict[str, list[EventType]] = {}
    for kind in types.values():
        groups.setdefault(kind.group, []).append(kind)
    return groups


def _own_of(organisation_id: str) -> Select[CustomEventType]:
    return CustomEventType.of_organisation(organisation_id)
