"""Read and rotate the signing secrets of subscriptions."""

from datetime import timedelta

from sqlalchemy.orm import Session

from webhooks_app.channels.webhook.formats import FORMATS, check_secret_for
from webhooks_app.channels.webhook.signatures import generate_secret
from webhooks_app.database import clock
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import Subscription
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.subscriptions.saving import commit_change

DEFAULT_OVERLAP = timedelta(hours=24)
NO_OVERLAP = timedelta(0)


def rotate_secret(
    session: Session,
    row: Subscription,
    vault: Vault,
    *,
    secret: str | None = None,
    overlap: timedelta = DEFAULT_OVERLAP,
) -> str:
    """A new secret, committed; until `overlap` has passed, the old one signs too.

    After several rotations in that time, only the last old secret does. No old secret signs if it
    cannot be decrypted, or if the wire format has room for only one signature. Raises `Invalid` for
    a `secret` that the wire format cannot use.
    """
    if secret is not None:
        secret = usable_secret(secret, row.wire_format)
    made = replace_secret(session, row, vault, secret or generate_secret(), overlap)
    commit_change(session, row)
    return made


def replace_secret(
    session: Session,
    row: Subscription,
    vault: Vault,
    secret: str,
    overlap: timedelta = NO_OVERLAP,
) -> str:
    """The same, in the caller's transaction."""
    format_ = FORMATS.get(row.wire_format)
    two = format_ is not None and format_.signs_with_each
    overlaps = two and bool(overlap) and readable_secret(row, vault) is not None
    row.sealed_previous_secret = row.sealed_secret if overlaps else None
    row.previous_secret_expires_at = clock(session.connection()) + overlap if overlaps else None
    row.sealed_secret = vault.seal(secret)
    until = row.previous_secret_expires_at
    detail = {"previous_expires_at": rfc3339(until)} if until else {}
    record(session, f"{row.kind}.secret_rotated", Target.of(row), **detail)
    return secret


def usable_secret(secret: str, wire_format: str) -> str:
    """A user's own secret, encrypted. Raises `Invalid`."""
    try:
        return check_secret_for(wire_format, secret)
    except ValueError as error:
        raise Invalid(Fault("#/secret", str(error))) from error


def readable_secret(row: Subscription, vault: Vault) -> str | None:
    """The secret; None if no key decrypts it, so it must be rotated."""
    try:
        return vault.open(row.sealed_secret)
    except Unreadable:
        return None
