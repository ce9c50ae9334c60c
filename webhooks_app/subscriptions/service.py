"""Create, change, copy and delete actions and webhooks.

Members come as pages or the API send them (see `spec`). Every change makes matching reload, in the
same transaction.
"""

from collections.abc import Mapping

from msgspec.structs import replace
from sqlalchemy.orm import Session

from webhooks_app.catalogue.system import PING
from webhooks_app.channels.webhook.signatures import generate_secret
from webhooks_app.database import clock
from webhooks_app.events.type_registry import subscribable_types
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Subscription, SubscriptionHealth
from webhooks_app.organisations import plans
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.subscriptions import custom_headers, reading, stored, switching
from webhooks_app.subscriptions.faults import World
from webhooks_app.subscriptions.reading import Members
from webhooks_app.subscriptions.saving import ask_recipients, cancel_all, commit_change
from webhooks_app.subscriptions.secrets import readable_secret, replace_secret
from webhooks_app.subscriptions.spec import (
    BLANKS,
    LONGEST_NAME,
    NEW_WEBHOOK,
    AnySpec,
    NewWebhookSpec,
    WebhookSpec,
)
from webhooks_app.subscriptions.stale import check_fresh
from webhooks_app.subscriptions.test_delivery import send_test
from webhooks_app.vocabulary import ChannelName, Mode, SubscriptionKind

MOST_FORMER = 20
PREFIXES = {SubscriptionKind.ACTION: "act", SubscriptionKind.WEBHOOK: "whk"}


def create_subscription(
    session: Session,
    tenant: Tenant,
    kind: SubscriptionKind,
    members: Members,
    vault: Vault,
    guard: Guard,
    channel: ChannelName = ChannelName.WEBHOOK,
    *,
    ping: bool = True,
    key: str | None = None,
) -> tuple[Subscription, str]:
    """A new subscription and its signing secret, committed. The secret is not shown again.

    A webhook that is on gets a `webhook.ping`. Raises `Invalid`, and `PlanLimit` if the plan does
    not allow it.
    """
    types = subscribable_types(session, tenant.organisation_id)
    world = World(types, guard, tenant.mode, patterns=kind is SubscriptionKind.WEBHOOK)
    blank = NEW_WEBHOOK if channel is ChannelName.WEBHOOK else BLANKS[channel]
    spec = reading.new(blank, members, world)
    secret = _own_secret(spec) or generate_secret()
    plans.check_room(session, tenant.organisation_id, plans.OF_KIND[kind])
    row = new_row(session, tenant, kind, spec, secret, vault)
    row.own_key = key
    record(session, f"{row.kind}.created", Target.of(row))
    ask_recipients(session, row)
    commit_change(session, row)
    if ping:
        _ping(session, row)
    return row, secret


def duplicate(session: Session, row: Subscription, vault: Vault) -> tuple[Subscription, str]:
    """A copy that is off, with its own signing secret, committed.

    Raises `PlanLimit`, and `Conflict` for one that cannot be read.
    """
    spec = stored.of(row, custom_headers.opened(row, vault))
    name = f"Copy of {spec.name}"[:LONGEST_NAME]
    return _copy(session, row, replace(spec, name=name, enabled=False), row.mode, vault)


def copy_to_live(
    session: Session, row: Subscription, vault: Vault, guard: Guard, url: str = ""
) -> tuple[Subscription, str]:
    """A copy in live mode that is off, with its own signing secret, committed.

    A webhook's copy sends to `url`; headers that were entered for another host are not copied.
    Raises `Invalid`, `PlanLimit`, and `Conflict` for one that cannot be read.
    """
    spec = stored.of(row, custom_headers.opened(row, vault))
    members: dict[str, object] = {"enabled": False}
    if isinstance(spec, WebhookSpec):
        members["url"] = url
        if custom_headers.goes_elsewhere(spec.url, url):
            members["headers"] = {}
    types = subscribable_types(session, row.organisation_id)
    world = World(types, guard, Mode.LIVE)
    copied = reading.changed(spec, members, world, fresh={"url"})
    return _copy(session, row, copied, Mode.LIVE, vault)


def _copy(
    session: Session, row: Subscription, spec: AnySpec, mode: str, vault: Vault
) -> tuple[Subscription, str]:
    secret, tenant = generate_secret(), Tenant(row.organisation_id, mode)
    kind = SubscriptionKind(row.kind)
    plans.check_room(session, tenant.organisation_id, plans.OF_KIND[kind])
    copy = new_row(session, tenant, kind, spec, secret, vault)
    record(session, f"{copy.kind}.created", Target.of(copy), copy_of=row.id)
    ask_recipients(session, copy)
    commit_change(session, copy)
    return copy, secret


def update_subscription(
    session: Session,
    row: Subscription,
    members: Members,
    vault: Vault,
    guard: Guard,
    channel: ChannelName | None = None,
    *,
    seen: str | None = None,
    ping: bool = True,
) -> str | None:
    """Change the given members, committed.

    A masked header keeps its value. A webhook with a new URL gets a `webhook.ping`. An action that
    becomes a webhook gets a new secret, which is returned, since nobody was shown the old one.
    `seen` is the `stale.version` that was edited. Raises `Invalid`, and `Conflict` if someone else
    changed it in the meantime.
    """
    if seen is not None:
        check_fresh(session, row, seen)
    headers = custom_headers.opened(row, vault)
    before, broken = stored.as_far_as_readable(row, headers)
    moves = channel is not None and channel != row.channel
    base = _on_channel(channel, before) if moves and channel else before
    secret = None if moves else readable_secret(row, vault)
    members, hidden = custom_headers.unmasked(members, _headers(base), row.url)
    types = subscribable_types(session, row.organisation_id)
    patterns = row.kind == SubscriptionKind.WEBHOOK
    world = World(types, guard, row.mode, patterns, secret)
    fresh = set(base.__struct_fields__) - set(before.__struct_fields__)
    after = reading.changed(base, members, world, [*broken, *hidden], fresh)
    if after == before and not broken:
        return None
    return _change(session, row, before, after, vault, ping=ping)


def delete_subscription(session: Session, row: Subscription) -> None:
    """Delete it, committed. Waiting deliveries are cancelled; the log stays."""
    row.deleted_at = clock(session.connection())
    record(session, f"{row.kind}.deleted", Target.of(row))
    commit_change(session, row)


def _own_secret(spec: AnySpec) -> str | None:
    if isinstance(spec, NewWebhookSpec) and isinstance(spec.secret, str):
        return spec.secret
    return None


def new_row(
    session: Session,
    tenant: Tenant,
    kind: SubscriptionKind,
    spec: AnySpec,
    secret: str,
    vault: Vault,
) -> Subscription:
    """A new row in the caller's transaction, whatever the plan allows."""
    now = clock(session.connection())
    row = Subscription(
        id=new_id(PREFIXES[kind]),
        organisation_id=tenant.organisation_id,
        mode=tenant.mode,
        kind=kind.value,
        url="",
        sealed_headers=custom_headers.sealed(_headers(spec), vault),
        sealed_secret=vault.seal(secret),
        created_at=now,
        disabled_at=None if spec.enabled else now,
        health=SubscriptionHealth(),
    )
    _write(row, stored.columns_of(spec))
    _begin_digests(session, row)
    session.add(row)
    return row


def _on_channel(channel: ChannelName, before: AnySpec) -> AnySpec:
    """Keep what both channels share; members of only the new channel start with their defaults."""
    shared = {
        name: getattr(before, name)
        for name in BLANKS[channel].__struct_fields__
        if hasattr(before, name)
    }
    return replace(BLANKS[channel], **shared)


def _change(
    session: Session,
    row: Subscription,
    before: AnySpec,
    after: AnySpec,
    vault: Vault,
    *,
    ping: bool,
) -> str | None:
    changed = reading.changes(before, after)
    url, was_email, was_digest = row.url, row.channel == ChannelName.EMAIL, row.schedule is not None
    if after.enabled and not row.enabled:
        cancel_all(session, row)
    if "headers" in changed or custom_headers.goes_elsewhere(row.url, _url(after)):
        row.sealed_headers = custom_headers.sealed(_headers(after), vault)
    columns = stored.columns_of(after)
    if url and columns.get("url", url) != url:
        former = [floor_id("msg", utcnow().timestamp()), url]
        row.former_urls = [*row.former_urls, former][-MOST_FORMER:]
    enabled = columns.pop("enabled")
    _write(row, columns)
    if not was_digest:
        _begin_digests(session, row)
    if changed:
        record(session, f"{row.kind}.updated", Target.of(row), changed=changed)
    switching.switch(session, row, bool(enabled))
    becomes_webhook = was_email and isinstance(after, WebhookSpec)
    secret = replace_secret(session, row, vault, generate_secret()) if becomes_webhook else None
    ask_recipients(session, row)
    commit_change(session, row)
    if ping and (row.url != url or becomes_webhook):
        _ping(session, row)
    return secret


def _write(row: Subscription, columns: Mapping[str, object]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)


def _headers(spec: AnySpec) -> Mapping[str, str]:
    return spec.headers if isinstance(spec, WebhookSpec) else {}


def _url(spec: AnySpec) -> str:
    return spec.url if isinstance(spec, WebhookSpec) else ""


def _ping(session: Session, row: Subscription) -> None:
    if row.enabled and not row.is_paused and row.channel == ChannelName.WEBHOOK:
        send_test(session, Tenant(row.organisation_id, row.mode), row, PING)


def _begin_digests(session: Session, row: Subscription) -> None:
    """A new digest begins now: earlier events were mailed one by one, or not at all."""
    row.digest_since = None if row.schedule is None else clock(session.connection())
