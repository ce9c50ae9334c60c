"""Turn an event and an action into e-mails."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Protocol, cast

import msgspec
from sqlalchemy import Connection, Table, and_, bindparam, select

from webhooks_app.catalogue.system import DIGEST
from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.email.digest import summary_of
from webhooks_app.channels.email.fields import Field, fields_of, reply_address
from webhooks_app.channels.email.message import settled
from webhooks_app.channels.email.mime import Email, domain_of
from webhooks_app.channels.email.templates import one_line, render
from webhooks_app.channels.email.unsubscribe import Unsubscribing
from webhooks_app.channels.readable import title_of
from webhooks_app.lib import json_text
from webhooks_app.lib.times import rfc3339, when, zone_named
from webhooks_app.mail.subject_template import LONGEST, filled_in
from webhooks_app.matching.view import View
from webhooks_app.models import (
    Attempt,
    Delivery,
    MailRecipient,
    Membership,
    Organisation,
    User,
)
from webhooks_app.vocabulary import Mode, Trigger

ATTEMPTS = cast(Table, Attempt.__table__)
DELIVERIES = cast(Table, Delivery.__table__)
MEMBERSHIPS = cast(Table, Membership.__table__)
ORGANISATIONS = cast(Table, Organisation.__table__)
USERS = cast(Table, User.__table__)

# Characters with a meaning in List-Id: brackets, quotes, the start of an encoded word (RFC 2047).
MEANINGFUL = re.compile(r'[<>"]|=\?')

# A row for each address that belongs to a member; one row without an address, if none does.
ABOUT = (
    select(
        ORGANISATIONS.c.name,
        ORGANISATIONS.c.time_zone,
        DELIVERIES.c.trigger,
        DELIVERIES.c.mode,
        DELIVERIES.c.created_at,
        USERS.c.email,
    )
    .join_from(DELIVERIES, ORGANISATIONS, ORGANISATIONS.c.id == DELIVERIES.c.organisation_id)
    .outerjoin(
        USERS.join(MEMBERSHIPS, MEMBERSHIPS.c.user_id == USERS.c.id),
        and_(
            ORGANISATIONS.c.id == MEMBERSHIPS.c.organisation_id,
            USERS.c.email.in_(bindparam("addresses", expanding=True)),
        ),
    )
    .where(DELIVERIES.c.id == bindparam("id"))
)

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class MailContext:
    """What all mails share: the sender, and where links lead."""

    sender: str
    site_url: str
    brand: str
    unsubscribing: Unsubscribing


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
    created_at: datetime
    members: frozenset[str]
    subject: str | None = None
    action: str | None = None
    settled: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    unconfirmed: frozenset[str] = frozenset()

    def may_mail(self, address: str) -> bool:
        return address.lower() not in self.unconfirmed


def read_about(connection: Connection, action: MailAction, claimed: Claimed) -> About:
    addresses = [address.lower() for address in action.to]
    rows = connection.execute(ABOUT, {"id": claimed.delivery_id, "addresses": addresses}).all()
    row = rows[0]
    said, answered = _earlier(connection, claimed.delivery_id) if claimed.number > 1 else ({}, {})
    members = frozenset(one.email for one in rows)
    strangers = frozenset(addresses) - members
    return About(
        organisation=row.name,
        zone=zone_named(row.time_zone),
        test=row.trigger == Trigger.TEST or row.mode == Mode.TEST,
        created_at=row.created_at,
        members=members,
        unconfirmed=strangers - _confirmed(connection, claimed.organisation_id, strangers),
        subject=said.get("Subject"),
        action=said.get("List-Id", "").rpartition(" <")[0] or None,
        settled=answered,
    )


def compose(action: MailAction, claimed: Claimed, about: About, desk: MailContext) -> list[Email]:
    """A mail for each remaining recipient; the same event gives the same mails.

    Members of the organisation can change the action, all others can unsubscribe.
    """
    reply_to = reply_address(claimed.data)
    name = about.action or one_line(MEANINGFUL.sub(" ", action.name))
    fields = fields_of(claimed.event_type, claimed.data, about.zone)
    title = title_of(claimed.event_type)
    context: dict[str, object] = {
        "brand": desk.brand,
        "organisation": about.organisation,
        "action": name,
        "title": title,
        "subject": _subject(action, claimed, title, fields),
        "when": when(claimed.occurred_at, about.zone),
        "about": f"{claimed.subject_type} {claimed.subject_id}" if claimed.subject_type else "",
        "fields": fields,
        "link": f"{desk.site_url}/events/{claimed.event_id}",
        "reply_to": reply_to,
        "test": about.test,
    }
    template = "event"
    if claimed.event_type == DIGEST:
        template = "digest"
        context["digest"] = summary_of(_decode(claimed.data))
        context["subject"] = _own_subject(action, claimed)
    shown_to = ", ".join(action.to)

    def letter(recipient: str) -> Email:
        unsubscribe = ""
        if recipient.lower() not in about.members:
            token = desk.unsubscribing.token(action.id, recipient)
            unsubscribe = f"{desk.site_url}/unsubscribe/{token}"
        written = render(template, unsubscribe=unsubscribe, **context)
        return Email(
            id=claimed.delivery_id,
            sender=desk.sender,
            recipient=recipient,
            subject=about.subject or written.subject,
            text=written.text,
            html=written.html,
            written_at=about.created_at,
            shown_to=shown_to,
            reply_to=reply_to,
            unsubscribe=unsubscribe,
            list_id=f"{name} <{action.id}.{domain_of(desk.sender)}>",
        )

    due = [one for one in action.to if one not in about.settled and about.may_mail(one)]
    return [letter(one) for one in due]


def _confirmed(
    connection: Connection, organisation_id: str, strangers: frozenset[str]
) -> frozenset[str]:
    """Which addresses of non-members have not confirmed that they want mails."""
    if not strangers:
        return frozenset()
    said_yes = select(MailRecipient.address).where(
        MailRecipient.in_organisation(organisation_id),
        MailRecipient.address.in_(strangers),
        MailRecipient.confirmed_at.is_not(None),
    )
    return frozenset(connection.scalars(said_yes))


def _subject(action: MailAction, claimed: Claimed, title: str, fields: list[Field]) -> str:
    if subject := _own_subject(action, claimed):
        return subject
    for field in fields[:1]:
        if field.label == "Name" or field.link:
            return one_line(f"{title}: {field.value}")[:LONGEST]
    return title


def _own_subject(action: MailAction, claimed: Claimed) -> str:
    """The action's own subject; empty if it has none or it comes out empty."""
    return one_line(filled_in(action.subject or "", _view(claimed)))


def _view(claimed: Claimed) -> View:
    subject = {"type": claimed.subject_type, "id": claimed.subject_id}
    return View(
        {
            "id": claimed.event_id,
            "type": claimed.event_type,
            "timestamp": rfc3339(claimed.occurred_at),
            "subject": subject if claimed.subject_type else None,
            "data": _decode(claimed.data),
        }
    )


def _earlier(connection: Connection, delivery_id: str) -> tuple[dict[str, str], dict[str, bool]]:
    """Headers of the first try, and recipients with a final answer, both from the log.

    A retry must not differ, even if the action was edited since.
    """
    attempts = ATTEMPTS.c
    rows = connection.execute(
        select(attempts.request_headers, attempts.response_headers)
        .where(attempts.delivery_id == delivery_id)
        .order_by(attempts.number)
    ).all()
    headers = [(json_text.read_as(json_text.HeaderMap, row.request_headers) or {}) for row in rows]
    answered: dict[str, bool] = {}
    for row in rows:
        answered |= settled(json_text.read_as(json_text.HeaderList, row.response_headers) or [])
    return next(filter(None, headers), {}), answered
