"""Actions and webhooks: made, changed, switched, copied, deleted, their secrets rotated.

Every change tells matching, in the same transaction, that what it keeps is stale.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.channels.webhook.signatures import generate_secret
from webhooks_app.engine.record import MASK
from webhooks_app.engine.switching_off import cancel_waiting, touch
from webhooks_app.events.type_registry import reportable_types
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Subscription, SubscriptionHealth
from webhooks_app.organisations import plans
from webhooks_app.organisations.audit_log import Target, current_actor, record
from webhooks_app.subscriptions import custom_headers
from webhooks_app.subscriptions.fields import (
    LONGEST_NAME,
    check_change_of_format,
    checked,
    own_secret,
)
from webhooks_app.vocabulary import Channel, SubscriptionKind

DEFAULT_OVERLAP = timedelta(hours=24)
NOBODY_LEFT = "Its last address has unsubscribed."
MOST_FORMER = 20
COPIED = (
    "channel",
    "schedule",
    "description",
    "url",
    "event_types",
    "scope_type",
    "scope_id",
    "conditions",
    "match",
    "wire_format",
    "retry_policy",
    "changed_fields",
    "rate_limit",
    "timeout",
    "failure_mail",
    "email_to",
    "email_subject",
    "sealed_headers",
)


PREFIXES = {SubscriptionKind.ACTION: "act", SubscriptionKind.WEBHOOK: "whk"}


def create_subscription(
    session: Session,
    tenant: Tenant,
    kind: SubscriptionKind,
    fields: Mapping[str, Any],
    vault: Vault,
    guard: Guard,
) -> tuple[Subscription, str]:
    """A new one and its signing secret, committed. The secret is not shown again.

    `fields` are members as `webhook_fields` knows them, `name`, `event_types` and `url`, or
    `channel` and `email_to`, at least. Raises `Invalid`, and `PlanLimit` when the plan has no room
    for it.
    """
    types = reportable_types(session, tenant.organisation_id)
    columns = checked(fields, tenant.mode, guard, types)
    plans.check_room(session, tenant.organisation_id, plans.OF_KIND[kind])
    secret = columns.pop("secret", None) or generate_secret()
    row = Subscription(
        id=new_id(PREFIXES[kind]),
        organisation_id=tenant.organisation_id,
        mode=tenant.mode,
        kind=kind.value,
        sealed_headers=custom_headers.sealed(columns.pop("headers", {}), vault),
        sealed_secret=vault.seal(secret),
        created_at=utcnow(),
        health=SubscriptionHealth(),
        **{"conditions": [], "channel": Channel.WEBHOOK.value, "url": "", **columns},
    )
    _begin_digests(row)
    session.add(row)
    record(session, f"{row.kind}.created", Target.of(row))
    _commit_change(session, row)
    return row, secret


def duplicate(session: Session, row: Subscription, vault: Vault) -> tuple[Subscription, str]:
    """A copy that is off, with a signing secret of its own, committed. Raises `PlanLimit`."""
    kind = SubscriptionKind(row.kind)
    plans.check_room(session, row.organisation_id, plans.OF_KIND[kind])
    secret = generate_secret()
    copy = Subscription(
        id=new_id(PREFIXES[kind]),
        organisation_id=row.organisation_id,
        mode=row.mode,
        kind=row.kind,
        name=f"Copy of {row.name}"[:LONGEST_NAME],
        enabled=False,
        disabled_at=utcnow(),
        sealed_secret=vault.seal(secret),
        created_at=utcnow(),
        health=SubscriptionHealth(),
        **{name: getattr(row, name) for name in COPIED},
    )
    _begin_digests(copy)
    session.add(copy)
    record(session, f"{copy.kind}.created", Target.of(copy), copy_of=row.id)
    _commit_change(session, copy)
    return copy, secret


def update_subscription(
    session: Session, row: Subscription, fields: Mapping[str, Any], vault: Vault, guard: Guard
) -> None:
    """Change the members that are in `fields`, committed. A masked header keeps its value.

    Raises `Invalid`, and `Conflict` when someone else changed it meanwhile.
    """
    if MASK in (headers := fields.get("headers", {})).values():
        known = custom_headers.opened(row, vault)
        fields = {**fields, "headers": custom_headers.unmasked(headers, known)}
    types = reportable_types(session, row.organisation_id)
    columns = checked(fields, row.mode, guard, types)
    if columns.get("wire_format", row.wire_format) != row.wire_format:
        _check_format(row, columns["wire_format"], vault)
    changed = _changed(row, columns, vault)
    if "headers" in columns:
        row.sealed_headers = custom_headers.sealed(columns.pop("headers"), vault)
    enabled = columns.pop("enabled", row.enabled)
    if enabled and not row.enabled:
        _cancel_all(session, row)
    was_digest = row.schedule is not None
    if row.url and columns.get("url", row.url) != row.url:
        before = [floor_id("msg", utcnow().timestamp()), row.url]
        row.former_urls = [*row.former_urls, before][-MOST_FORMER:]
    for name, value in columns.items():
        setattr(row, name, value)
    if not was_digest:
        _begin_digests(row)
    if changed:
        record(session, f"{row.kind}.updated", Target.of(row), changed=changed)
    _switch(session, row, enabled)
    _commit_change(session, row)


def set_enabled(session: Session, row: Subscription, enabled: bool) -> None:
    """Switch on or off, committed. Off cancels what waits; on forgets why it was off."""
    if enabled and not row.enabled:
        _cancel_all(session, row)
    _switch(session, row, enabled)
    _commit_change(session, row)


def delete_subscription(session: Session, row: Subscription) -> None:
    """Stop all at once, committed: what waits is cancelled, the log stays."""
    row.deleted_at = utcnow()
    record(session, f"{row.kind}.deleted", Target.of(row))
    _commit_change(session, row)


def drop_address(session: Session, row: Subscription, address: str) -> None:
    """Mail nothing more to it, committed; without any address left, the action is off.

    Whoever edits the action meanwhile is told so when they save. Again, it changes nothing.
    """
    session.refresh(row, with_for_update=True)
    if address not in row.email_to:
        return
    row.email_to = [one for one in row.email_to if one != address]
    if not row.email_to and row.enabled:
        row.enabled, row.disabled_at, row.disabled_reason = False, utcnow(), NOBODY_LEFT
    record(session, "action.unsubscribed", Target.of(row), address=address)
    _commit_change(session, row)


def rotate_secret(
    session: Session,
    row: Subscription,
    vault: Vault,
    *,
    secret: str | None = None,
    overlap: timedelta = DEFAULT_OVERLAP,
) -> str:
    """A new secret, committed; until `overlap` has passed, the one before signs too.

    Of several rotations within it, only the last secret before does; one that no key opens any
    more does not, nor does any where the wire format has room for one signature. Raises `Invalid`
    for a `secret` that its wire format cannot use.
    """
    if secret is None:
        secret = generate_secret()
    else:
        own_secret(secret, row.wire_format)
    two = FORMATS[row.wire_format].signs_with_each
    overlaps = two and bool(overlap) and _opens(vault, row.sealed_secret)
    row.sealed_previous_secret = row.sealed_secret if overlaps else None
    row.previous_secret_expires_at = utcnow() + overlap if overlaps else None
    row.sealed_secret = vault.seal(secret)
    record(session, f"{row.kind}.secret_rotated", Target.of(row))
    _commit_change(session, row)
    return secret


def _begin_digests(row: Subscription) -> None:
    """What came before was told event by event, or not at all."""
    row.digest_since = utcnow() if row.schedule is not None else None


def _changed(row: Subscription, columns: Mapping[str, Any], vault: Vault) -> list[str]:
    """The members that will not be as they were, but for `enabled`; of them only the names."""

    def before(name: str) -> Any:
        return custom_headers.opened(row, vault) if name == "headers" else getattr(row, name)

    names = [name for name in columns if name != "enabled" and before(name) != columns[name]]
    return list(dict.fromkeys("scope" if name.startswith("scope_") else name for name in names))


def _switch(session: Session, row: Subscription, enabled: bool) -> None:
    if enabled == row.enabled:
        return
    row.enabled = enabled
    row.disabled_at = None if enabled else utcnow()
    row.disabled_by = None if enabled else current_actor().name
    row.disabled_reason = None
    if enabled:
        row.health.failing_since = row.health.warned_at = None
    record(session, f"{row.kind}.{'enabled' if enabled else 'disabled'}", Target.of(row))


def _commit_change(session: Session, row: Subscription) -> None:
    """The subscription is locked before its deliveries, in the order the engine takes them."""
    row.updated_at = utcnow()
    try:
        session.flush()
    except StaleDataError as error:
        session.rollback()
        raise Conflict("It was changed meanwhile: read it again, then repeat.") from error
    touch(session.connection(), row.organisation_id)
    if row.deleted_at or not row.enabled:
        _cancel_all(session, row)
    session.commit()


def _cancel_all(session: Session, row: Subscription) -> None:
    """What waits; when that is very much, what was changed until now is committed meanwhile."""
    while cancel_waiting(session.connection(), row.id):
        session.commit()


def _opens(vault: Vault, sealed: str) -> bool:
    try:
        vault.open(sealed)
    except Unreadable:
        return False
    return True


def _check_format(row: Subscription, name: str, vault: Vault) -> None:
    """A secret that no key opens any more is no reason to refuse: it has to be rotated anyway."""
    if _opens(vault, row.sealed_secret):
        check_change_of_format(name, vault.open(row.sealed_secret))
