"""Whose signature an inbox expects: a secret of its own, or that of a webhook, so that nobody has
to copy it."""

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
UNREADABLE = "The secret is sealed under a key that is not configured any more."


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signatures are checked with; the one before only until its overlap ends. When there is
    nothing to check with, `why_none` says why."""

    newest: str | None = None
    previous: str | None = None
    previous_until: datetime | None = None
    why_none: str = "This inbox knows no signing secret."

    def at(self, moment: datetime) -> list[str]:
        """Those that were good at that moment, newest first."""
        overlaps = self.previous_until is not None and moment < self.previous_until
        both = (self.newest, self.previous if overlaps else None)
        return [secret for secret in both if secret is not None]


def check_nothing(session: Session, inbox: Inbox) -> None:
    """Forget the secret, committed."""
    inbox.sealed_secret = inbox.subscription_id = None
    _keep(session, inbox)


def check_with(session: Session, inbox: Inbox, secret: str, vault: Vault) -> None:
    """Check signatures with a secret of its own, committed; empty keeps the one that it has.

    Raises `Invalid`.
    """
    if secret or inbox.sealed_secret is None:
        inbox.sealed_secret = sealed(secret, vault)
    inbox.subscription_id = None
    _keep(session, inbox)


def check_like(session: Session, inbox: Inbox, subscription_id: str) -> None:
    """Check signatures with the secret of that webhook, whatever it will be then, committed.

    Raises `NotFound`, also for a webhook of others.
    """
    lender = session.scalar(_lenders(inbox).where(Subscription.id == subscription_id))
    if lender is None:
        raise NotFound
    inbox.subscription_id, inbox.sealed_secret = lender.id, None
    _keep(session, inbox)


def lenders(session: Session, inbox: Inbox) -> Sequence[Subscription]:
    """Webhooks of the organisation, in either mode, whose secret an inbox may use; those that
    send to it first, else newest first."""
    sends_here = Subscription.url.endswith(f"/{inbox.token}", autoescape=True)
    query = _lenders(inbox).order_by(sends_here.desc(), Subscription.id.desc())
    return session.scalars(query.limit(LENDERS_SHOWN)).all()


def lender_of(session: Session, inbox: Inbox) -> Subscription | None:
    """The webhook whose secret it uses; None when it uses none, or that webhook is deleted."""
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
    """What its signatures are checked with."""
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
    """A secret that a user brings, as it is stored. Raises `Invalid`."""
    try:
        return vault.seal(check_secret(secret))
    except ValueError as error:
        raise Invalid(Fault("#/secret", str(error))) from error
