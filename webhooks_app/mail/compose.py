"""Turn an event and an action into e-mails."""

import re
from dataclasses import dataclass

import msgspec

from webhooks_app.catalogue.system import DIGEST
from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.email.digest import summary_of
from webhooks_app.channels.email.fields import Field, fields_of, reply_address
from webhooks_app.channels.email.mime import Email, domain_of
from webhooks_app.channels.email.templates import one_line, render
from webhooks_app.channels.email.unsubscribe import Unsubscribing
from webhooks_app.channels.readable import title_of
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import rfc3339, when
from webhooks_app.mail.about import About, MailAction
from webhooks_app.mail.subject_template import LONGEST, filled_in
from webhooks_app.matching.view import View

# Characters with a meaning in List-Id: brackets, quotes, the start of an encoded word (RFC 2047).
MEANINGFUL = re.compile(r'[<>"]|=\?')

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class MailContext:
    """What all mails share: the sender, and where links lead."""

    sender: str
    site_url: str
    brand: str
    unsubscribing: Unsubscribing


def compose(action: MailAction, claimed: Claimed, about: About, desk: MailContext) -> list[Email]:
    """A mail for each remaining recipient; the same event gives the same mails.

    Members of the organisation can change the action, all others can unsubscribe.
    """
    reply_to = reply_address(claimed.data)
    name = about.action or one_line(MEANINGFUL.sub(" ", action.name))
    fields = fields_of(claimed.event_type, claimed.data, about.zone)
    title = title_of(claimed.event_type)
    event = Tenant(claimed.organisation_id, about.mode).page(f"/events/{claimed.event_id}")
    context: dict[str, object] = {
        "brand": desk.brand,
        "organisation": about.organisation,
        "action": name,
        "title": title,
        "subject": _subject(action, claimed, title, fields),
        "when": when(claimed.occurred_at, about.zone),
        "about": f"{claimed.subject_type} {claimed.subject_id}" if claimed.subject_type else "",
        "fields": fields,
        "link": desk.site_url + event,
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


def _subject(action: MailAction, claimed: Claimed, title: str, fields: list[Field]) -> str:
    if subject := _own_subject(action, claimed):
        return subject
    for field in fields[:1]:
        if field.label == "Name" or field.link:
            return one_line(f"{title}: {field.value}")[:LONGEST]
    return title


def _own_subject(action: MailAction, claimed: Claimed) -> str:
    """The action's own subject; empty if it has none or it comes out empty."""
    return one_line(filled_in(action.subject, _view(claimed))) if action.subject else ""


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
