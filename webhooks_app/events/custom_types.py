"""An organisation's own event types: registered, changed, retired. Both modes share them."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app.catalogue import CATALOGUE
from webhooks_app.channels.webhook.formats.pollybot import name_of
from webhooks_app.events.custom_type_fields import DEFAULT_GROUP, checked
from webhooks_app.events.type_registry import forget
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import utcnow
from webhooks_app.models import CustomEventType, Organisation, Subscription
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.organisations.plans import check_room

MOST = 200
NAMED_AT_MOST = 5


def register(session: Session, organisation_id: str, fields: Mapping[str, str]) -> CustomEventType:
    """A new one, committed; of a retired one with that name, it takes the place.

    `fields` are members as `event_type_fields` knows them, `name` and `sample` at least. Raises
    `Invalid`, `Conflict` when there are `MOST` already, and `PlanLimit` when the plan has fewer.
    """
    columns = checked(fields)
    name = columns["name"]
    session.get_one(Organisation, organisation_id, with_for_update=True)
    check_room(session, organisation_id, "event_types")
    _check_new(session, organisation_id, name)
    defaults = {"title": _title(name), "description": "", "group": DEFAULT_GROUP, "schema": None}
    now = utcnow()
    row = CustomEventType(
        organisation_id=organisation_id,
        created_at=now,
        updated_at=now,
        retired_at=None,
        **(defaults | columns),
    )
    row = session.merge(row)
    record(session, "event_type.registered", _target(row))
    session.commit()
    return row


def update(session: Session, row: CustomEventType, fields: Mapping[str, str]) -> None:
    """Change the members in `fields`, committed. The name stays: events and webhooks go by it.
    Raises `Invalid`."""
    columns = checked(fields)
    changed = [member for member in columns if getattr(row, member) != columns[member]]
    for member in changed:
        setattr(row, member, columns[member])
    if changed:
        record(session, "event_type.updated", _target(row), changed=changed)
    row.updated_at = utcnow()
    session.commit()


def retire(session: Session, row: CustomEventType) -> None:
    """From now on no such event is accepted, committed; what was accepted goes on.

    Raises `Conflict` while an action or webhook asks for it, and names them.
    """
    if names := asking_for(session, row):
        shown = ", ".join(names[:NAMED_AT_MOST])
        more = len(names) - NAMED_AT_MOST
        raise Conflict(
            f"It is asked for by {shown}{f' and {more} more' if more > 0 else ''}: take it out of "
            "these first, or delete them."
        )
    row.retired_at = utcnow()
    record(session, "event_type.retired", _target(row))
    session.commit()
    forget(row.organisation_id)


def asking_for(session: Session, row: CustomEventType) -> list[str]:
    """The names of the actions and webhooks, of either mode, that ask for it."""
    query = (
        select(Subscription.name, Subscription.event_types)
        .where(Subscription.in_organisation(row.organisation_id), Subscription.is_present())
        .order_by(Subscription.name)
    )
    return [name for name, event_types in session.execute(query) if row.name in event_types]


def _check_new(session: Session, organisation_id: str, name: str) -> None:
    """Pollybot's names must lead back to one type each, so they may not meet either."""
    query = select(CustomEventType.name).where(
        CustomEventType.in_organisation(organisation_id), CustomEventType.retired_at.is_(None)
    )
    own = session.scalars(query).all()
    if name in own:
        raise Invalid(Fault("#/name", "There is one of this name already."))
    if like := [one for one in (*CATALOGUE, *own) if name_of(one) == name_of(name)]:
        detail = f"Receivers in Pollybot's format could not tell it from {like[0]}: both are "
        raise Invalid(Fault("#/name", f"{detail}{name_of(name)} there."))
    if len(own) >= MOST:
        raise Conflict(f"There are {MOST} event types of your own, the most there can be.")


def _target(row: CustomEventType) -> Target:
    return Target(row.organisation_id, row.name, row.name)


def _title(name: str) -> str:
    return name.replace(".", " ").replace("_", " ").capitalize()
