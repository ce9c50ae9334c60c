"""The secret with which an inbox checks signatures: its own, or a webhook's.

With a webhook's, nobody has to copy it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy.orm import Session

from webhooks_app.channels.webhook.signatures import check_secret
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.models import Inbox, Subscription
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.vocabulary import ChannelName

LENDERS_SHOWN = 500
UNREADABLE = "The secret is encrypted with a key that is no longer configured."


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets for checking signatures; an old one only until its overlap ends.

    Without any, `why_none` says why.
    """

    newest: str | None = None
    previous: str | None = None
    previous_until: datetime | None = None
    why_none: str = "This inbox has no signing secret."

    def at(self, moment: datetime) -> list[str]:
        """The secrets that were valid at that moment, newest first."""
        overlaps = self.previous_until is not None and moment < self.previous_until
        both = (self.newest, self.previous if overlaps else None)
        return [secret for secret in both if secret is not None]


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
    sends_here = Subscription.url.endswith(f"/{inbox.token}", autoescape=True)
    query = _lenders(inbox).order_by(sends_here.desc(), Subscription.id.desc())
    return session.scalars(query.limit(LENDERS_SHOWN)).all()


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
    lender = lender_of(session, inbox)
    if lender is not None:
        return Secrets(
            _opened(lender.sealed_secret, vault),
            _opened(lender.sealed_previous_secret, vault),
            lender.previous_secret_expires_at,
            UNREADABLE,
        )
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
