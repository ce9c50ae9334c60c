"""The secrets with which an inbox checks signatures: its own or a webhook's, and those of all that
send to it, so that nobody has to copy them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

from webhooks_app.channels.webhook.signatures import check_secret
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.models import Inbox, Subscription
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.vocabulary import ChannelName

LENDERS_SHOWN = 500
MOST_SENDERS = 20
UNREADABLE = "The secret is encrypted with a key that is no longer configured."


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets for checking signatures; an old one only until its overlap ends.

    Without any, `why_none` says why. `others` are those of whoever sends there.
    """

    newest: str | None = None
    previous: str | None = None
    previous_until: datetime | None = None
    why_none: str = "This inbox has no signing secret."
    others: Sequence["Secrets"] = ()

    def at(self, moment: datetime) -> list[str]:
        """The secrets that were valid at that moment, newest first."""
        overlaps = self.previous_until is not None and moment < self.previous_until
        both = (self.newest, self.previous if overlaps else None)
        of_others = [secret for one in self.others for secret in one.at(moment)]
        return [secret for secret in both if secret is not None] + of_others


def check_nothing(session: Session, inbox: Inbox) -> None:
    """Remove the secret, committed."""
    inbox.sealed_secret = inbox.subscription_id = None
    _keep(session, inbox)


def check_with(session: Session, inbox: Inbox, secret: str, vault: Vault) -> None:
    """Check signatures with the inbox's own secret, committed; empty keeps the current one.

    Raises `Invalid`.
    """
    if secret or inbox.sealed_secret is None:
        inbox.sealed_secret = sealed(secret, vault)
    inbox.subscription_id = None
    _keep(session, inbox)


def check_like(session: Session, inbox: Inbox, subscription_id: str) -> None:
    """Check signatures with that webhook's secret, also after rotation; committed.

    Raises `NotFound`, also for another organisation's webhook.
    """
    lender = session.scalar(_lenders(inbox).where(Subscription.id == subscription_id))
    if lender is None:
        raise NotFound
    inbox.subscription_id, inbox.sealed_secret = lender.id, None
    _keep(session, inbox)


def lenders(session: Session, inbox: Inbox) -> Sequence[Subscription]:
    """Webhooks, in both modes, whose secret an inbox may use.

    Those that send to it come first, then the newest.
    """
    query = _lenders(inbox).order_by(_sends_to(inbox).desc(), Subscription.id.desc())
    return session.scalars(query.limit(LENDERS_SHOWN)).all()


def senders(session: Session, inbox: Inbox) -> Sequence[Subscription]:
    """The webhooks and actions, in both modes, that send to it, the newest first."""
    query = _lenders(inbox).where(_sends_to(inbox)).order_by(Subscription.id.desc())
    return session.scalars(query.limit(MOST_SENDERS)).all()


def checked_with(session: Session, inbox: Inbox) -> Sequence[Subscription]:
    """Those whose secrets it uses: all that send to it, and the chosen one."""
    found, lender = list(senders(session, inbox)), lender_of(session, inbox)
    return found if lender is None or lender in found else [*found, lender]


def _sends_to(inbox: Inbox) -> ColumnElement[bool]:
    return Subscription.url.endswith(f"/{inbox.token}", autoescape=True)


def lender_of(session: Session, inbox: Inbox) -> Subscription | None:
    """The webhook whose secret it uses; None without one, or if that webhook is deleted."""
    if inbox.subscription_id is None:
        return None
    return session.scalar(_lenders(inbox).where(Subscription.id == inbox.subscription_id))


def _keep(session: Session, inbox: Inbox) -> None:
    if session.is_modified(inbox):
        record(session, "inbox.secret_changed", Target.of(inbox))
    session.commit()


def _lenders(inbox: Inbox) -> Select[Subscription]:
    return Subscription.of_organisation(inbox.organisation_id).where(
        Subscription.channel == ChannelName.WEBHOOK.value, Subscription.is_present()
    )


def secrets_of(session: Session, inbox: Inbox, vault: Vault) -> Secrets:
    """The secrets with which its signatures are checked."""
    chosen = _chosen(session, inbox, vault)
    found = [_of(row, vault) for row in senders(session, inbox) if row.id != inbox.subscription_id]
    return replace(chosen, others=found)


def _of(row: Subscription, vault: Vault) -> Secrets:
    return Secrets(
        _opened(row.sealed_secret, vault),
        _opened(row.sealed_previous_secret, vault),
        row.previous_secret_expires_at,
        UNREADABLE,
    )


def _chosen(session: Session, inbox: Inbox, vault: Vault) -> Secrets:
    lender = lender_of(session, inbox)
    if lender is not None:
        return _of(lender, vault)
    if inbox.subscription_id is not None:
        return Secrets(why_none="The webhook whose secret this inbox used is deleted.")
    if inbox.sealed_secret is not None:
        return Secrets(_opened(inbox.sealed_secret, vault), why_none=UNREADABLE)
    return Secrets()


def _opened(sealed: str | None, vault: Vault) -> str | None:
    try:
        return None if sealed is None else vault.open(sealed)
    except Unreadable:
        return None


def sealed(secret: str, vault: Vault) -> str:
    """A user's own secret, encrypted. Raises `Invalid`."""
    try:
        return vault.seal(check_secret(secret))
    except ValueError as error:
        raise Invalid(Fault("#/secret", str(error))) from error
