"""Register, change and retire an organisation's own event types. Both modes share them."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app.catalogue import CATALOGUE
from webhooks_app.channels.webhook.formats.pollybot import name_of
from webhooks_app.events.custom_type_fields import DEFAULT_GROUP, NO_SCHEMA, checked
from webhooks_app.events.type_registry import find_own, forget
from webhooks_app.lib.errors import Conflict, NotFound
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import utcnow
from webhooks_app.models import CustomEventType, Organisation, Subscription
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.organisations.plans import check_room

MOST = 200
NAMED_AT_MOST = 5


def register(session: Session, organisation_id: str, fields: Mapping[str, str]) -> CustomEventType:
    """A new event type, committed. It replaces a retired one of the same name.

    `fields` are members as in `custom_type_fields`, at least `name` and `sample`. Raises `Invalid`,
    `Conflict` when there are `MOST` already, and `PlanLimit` when the plan allows no more.
    """
    columns = checked(fields)
    name = columns["name"]
    session.get_one(Organisation, organisation_id, with_for_update=True)
    check_room(session, organisation_id, "event_types")
    _check_new(session, organisation_id, name)
    now = utcnow()
    row = CustomEventType(
        organisation_id=organisation_id,
        created_at=now,
        updated_at=now,
        retired_at=None,
        **({**_defaults(name), "schema": None} | columns),
    )
    row = session.merge(row)
    record(session, "event_type.registered", _target(row))
    session.commit()
    return row


def update(session: Session, row: CustomEventType, fields: Mapping[str, str]) -> None:
    """Change the members in `fields`, committed. Raises `Invalid`.

    The name cannot change: events and webhooks refer to it.
    """
    columns = checked(fields)
    changed = [member for member in columns if getattr(row, member) != columns[member]]
    for member in changed:
        setattr(row, member, columns[member])
    if changed:
        record(session, "event_type.updated", _target(row), changed=changed)
        row.updated_at = utcnow()
    session.commit()


def put(
    session: Session, organisation_id: str, name: str, fields: Mapping[str, str]
) -> tuple[CustomEventType, bool]:
    """Register the type of that name or replace it, committed; and whether it is new.

    Absent members get their defaults. An equal one changes nothing. Raises as `register`.
    """
    session.get_one(Organisation, organisation_id, with_for_update=True)
    try:
        row = find_own(session, organisation_id, name)
    except NotFound:
        return register(session, organisation_id, {**fields, "name": name}), True
    update(session, row, {**_defaults(name), "schema": NO_SCHEMA[-1], **fields})
    return row, False


def retire(session: Session, row: CustomEventType) -> None:
    """Retire it, committed: such events are refused from now on, and accepted ones are still
    delivered. Raises `Conflict`, with their names, while actions or webhooks use it.
    """
    if names := asking_for(session, row):
        shown = ", ".join(names[:NAMED_AT_MOST])
        more = len(names) - NAMED_AT_MOST
        raise Conflict(
            f"It is used by {shown}{f' and {more} more' if more > 0 else ''}. Remove it from "
            "these first, or delete them."
        )
    row.retired_at = utcnow()
    record(session, "event_type.retired", _target(row))
    session.commit()
    forget(row.organisation_id)


def asking_for(session: Session, row: CustomEventType) -> list[str]:
    """The names of the actions and webhooks, in both modes, that use it."""
    query = (
        select(Subscription.name, Subscription.event_types)
        .where(Subscription.in_organisation(row.organisation_id), Subscription.is_present())
        .order_by(Subscription.name)
    )
    return [name for name, event_types in session.execute(query) if row.name in event_types]


def _check_new(session: Session, organisation_id: str, name: str) -> None:
    """Pollybot's names must each mean one type, so they must not collide either."""
    query = select(CustomEventType.name).where(
        CustomEventType.in_organisation(organisation_id), CustomEventType.retired_at.is_(None)
    )
    own = session.scalars(query).all()
    if name in own:
        raise Invalid(Fault("#/name", "An event type with this name already exists."))
    if like := [one for one in (*CATALOGUE, *own) if name_of(one) == name_of(name)]:
        detail = (
            f"Receivers in Pollybot's format could not tell it from {like[0]}: both are called "
        )
        raise Invalid(Fault("#/name", f"{detail}{name_of(name)} there."))
    if len(own) >= MOST:
        raise Conflict(f"You have {MOST} event types of your own, which is the limit.")


def _target(row: CustomEventType) -> Target:
    return Target(row.organisation_id, row.name, row.name)


def _defaults(name: str) -> dict[str, str]:
    return {"title": _title(name), "description": "", "group": DEFAULT_GROUP}


def _title(name: str) -> str:
    return name.replace(".", " ").replace("_", " ").capitalize()
