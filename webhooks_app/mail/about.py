"""What a mail needs besides its event, read for many at once."""

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Protocol, cast

from sqlalchemy import BindParameter, Connection, Select, Table, bindparam, select

from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.email.message import settled
from webhooks_app.lib.packed_headers import unpack, unpack_received
from webhooks_app.lib.times import zone_named
from webhooks_app.models import (
    Attempt,
    Delivery,
    MailRecipient,
    Membership,
    Organisation,
    User,
)
from webhooks_app.models.ownership import of_one_organisation
from webhooks_app.vocabulary import Mode, Trigger

ATTEMPTS = cast(Table, Attempt.__table__)
DELIVERIES = cast(Table, Delivery.__table__)
MEMBERSHIPS = cast(Table, Membership.__table__)
ORGANISATIONS = cast(Table, Organisation.__table__)
RECIPIENTS = cast(Table, MailRecipient.__table__)
USERS = cast(Table, User.__table__)

OF_THESE = DELIVERIES.c.id.in_(bindparam("ids", expanding=True))
ADDRESSES: BindParameter[object] = bindparam("addresses", expanding=True)
ABOUT = (
    select(
        DELIVERIES.c.id,
        ORGANISATIONS.c.name,
        ORGANISATIONS.c.time_zone,
        DELIVERIES.c.trigger,
        DELIVERIES.c.mode,
        DELIVERIES.c.created_at,
    )
    .join_from(DELIVERIES, ORGANISATIONS, ORGANISATIONS.c.id == DELIVERIES.c.organisation_id)
    .where(OF_THESE)
)
# Of the addresses, which are members' of a delivery's organisation.
MEMBERS = (
    select(DELIVERIES.c.id, USERS.c.email)
    .join_from(DELIVERIES, MEMBERSHIPS, of_one_organisation(DELIVERIES, MEMBERSHIPS))
    .join(USERS, USERS.c.id == MEMBERSHIPS.c.user_id)
    .where(OF_THESE, USERS.c.email.in_(ADDRESSES))
)
# Which have said to it that they want mails.
CONFIRMED = (
    select(DELIVERIES.c.id, RECIPIENTS.c.address)
    .join_from(DELIVERIES, RECIPIENTS, of_one_organisation(DELIVERIES, RECIPIENTS))
    .where(OF_THESE, RECIPIENTS.c.address.in_(ADDRESSES), RECIPIENTS.c.confirmed_at.is_not(None))
)


class MailMembers(Protocol):
    """What an action's spec says about its mails."""

    @property
    def name(self) -> str: ...
    @property
    def retry_policy(self) -> object: ...
    @property
    def email_to(self) -> Sequence[str]: ...
    @property
    def email_subject(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class MailAction:
    """An action by e-mail; `subject` is None if it is made from the event."""

    id: str
    name: str
    to: tuple[str, ...]
    subject: str | None

    @classmethod
    def of(cls, id_: str, spec: MailMembers) -> "MailAction":
        return cls(id_, spec.name, tuple(spec.email_to), spec.email_subject)


@dataclass(frozen=True, slots=True)
class About:
    """What a mail needs besides its event.

    `settled`: recipients with a final answer from earlier tries, and whether it was accepted.
    `subject` and `action`: the names that those tries used. `unconfirmed`: addresses, in lower
    case, that have not confirmed that they want mails.
    """

    organisation: str
    zone: tzinfo
    test: bool
    mode: str
    created_at: datetime
    members: frozenset[str]
    subject: str | None = None
    action: str | None = None
    settled: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    unconfirmed: frozenset[str] = frozenset()

    def may_mail(self, address: str) -> bool:
        return address.lower() not in self.unconfirmed


def read_about(connection: Connection, action: MailAction, claimed: Claimed) -> About:
    [about] = read_all(connection, [(action, claimed)])
    if isinstance(about, Exception):
        raise about
    return about


def read_all(
    connection: Connection, asked: Sequence[tuple[MailAction, Claimed]]
) -> list[About | Exception]:
    """What the mails need, in the same order. One that cannot be read delays no other."""
    ids = sorted({claimed.delivery_id for _, claimed in asked})
    addresses = sorted({address.lower() for action, _ in asked for address in action.to})
    values = {"ids": ids, "addresses": addresses}
    rows = {row.id: row for row in connection.execute(ABOUT, {"ids": ids})}
    members = _by_delivery(connection, MEMBERS, values)
    confirmed = _by_delivery(connection, CONFIRMED, values)
    abouts: list[About | Exception] = []
    for action, claimed in asked:
        id_ = claimed.delivery_id
        try:
            abouts.append(
                _about(connection, action, claimed, rows[id_], members[id_], confirmed[id_])
            )
        except Exception as error:
            abouts.append(error)
    return abouts


def _by_delivery(
    connection: Connection, statement: Select[Any], values: Mapping[str, object]
) -> Mapping[str, set[str]]:
    found = defaultdict[str, set[str]](set)
    for delivery_id, address in connection.execute(statement, values):
        found[delivery_id].add(address)
    return found


def _about(
    connection: Connection,
    action: MailAction,
    claimed: Claimed,
    row: Any,
    members: set[str],
    confirmed: set[str],
) -> About:
    said, answered = _earlier(connection, claimed.delivery_id) if claimed.number > 1 else ({}, {})
    addresses = {address.lower() for address in action.to}
    return About(
        organisation=row.name,
        zone=zone_named(row.time_zone),
        test=row.trigger == Trigger.TEST or row.mode == Mode.TEST,
        mode=row.mode,
        created_at=row.created_at,
        members=frozenset(addresses & members),
        unconfirmed=frozenset(addresses - members - confirmed),
        subject=said.get("Subject"),
        action=said.get("List-Id", "").rpartition(" <")[0] or None,
        settled=answered,
    )


def _earlier(connection: Connection, delivery_id: str) -> tuple[dict[str, str], dict[str, bool]]:
    """Headers of the first try, and recipients with a final answer, both from the log.

    A retry must not differ, even if the action was edited since.
    """
    attempts = ATTEMPTS.c
    rows = connection.execute(
        select(attempts.request_headers, attempts.response_headers, attempts.started_at)
        .where(attempts.delivery_id == delivery_id)
        .order_by(attempts.number)
    ).all()
    headers = [unpack(row.request_headers, delivery_id, row.started_at) for row in rows]
    answered: dict[str, bool] = {}
    for row in rows:
        answered |= settled(unpack_received(row.response_headers))
    return next(filter(None, headers), {}), answered
