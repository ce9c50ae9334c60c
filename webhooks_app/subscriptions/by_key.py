"""Actions and webhooks by the customer's own keys.

So a program can send its whole configuration repeatedly, and nothing is created twice.
"""

import re
from typing import NamedTuple

from msgspec import to_builtins
from msgspec.structs import fields
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.json_faults import REQUIRED
from webhooks_app.lib.pointers import Fault, Invalid, pointer
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Subscription
from webhooks_app.subscriptions.queries import BY_KEY, find_subscription
from webhooks_app.subscriptions.reading import Members
from webhooks_app.subscriptions.service import create_subscription, update_subscription
from webhooks_app.subscriptions.spec import BLANKS
from webhooks_app.vocabulary import ChannelName, SubscriptionKind

KEY = re.compile(r"[A-Za-z0-9_.-]{1,100}")
# Whether it is on is a state: Hookline may have switched it off, and a repeat must not undo that.
STATE = ("enabled",)


class Put(NamedTuple):
    """`secret` is set if it was just made."""

    row: Subscription
    secret: str | None
    created: bool


def put_subscription(
    session: Session,
    tenant: Tenant,
    kind: SubscriptionKind,
    written: str,
    members: Members,
    vault: Vault,
    guard: Guard,
    channel: ChannelName = ChannelName.WEBHOOK,
) -> Put:
    """Create or replace the one named in the path, by `key:crm` or an id; committed.

    Absent members get their defaults, except `enabled`, which stays. An equal one changes nothing.
    Raises `Invalid`, `PlanLimit`, `Conflict`, and `NotFound` for an unknown id of ours.
    """
    try:
        row = find_subscription(session, tenant, written, kind)
    except NotFound:
        key = _key_in(written)
        try:
            made, secret = create_subscription(
                session, tenant, kind, members, vault, guard, channel, key=key
            )
        except IntegrityError:  # someone else has just created it
            session.rollback()
            row = find_subscription(session, tenant, written, kind)
        else:
            return Put(made, secret, True)
    secret_now = update_subscription(session, row, _whole(members, channel), vault, guard, channel)
    return Put(row, secret_now, False)


def _key_in(written: str) -> str:
    """Raises `NotFound` if it is not a key, `Invalid` for an invalid key."""
    if not written.startswith(BY_KEY):
        raise NotFound
    key = written.removeprefix(BY_KEY)
    if KEY.fullmatch(key) is None:
        detail = "Use 1 to 100 letters, digits, dots, hyphens or underscores in a key."
        raise Invalid(Fault("key", detail, kind="parameter"))
    return key


def _whole(members: Members, channel: ChannelName) -> Members:
    """The members with defaults for absent ones. Raises `Invalid` if a required one is absent."""
    blank = BLANKS[channel]
    needed = {one.name for one in fields(type(blank)) if one.required}
    if members.get("schedule"):
        needed -= {"event_types"}
    if missing := sorted(needed - set(members)):
        raise Invalid(*(Fault(pointer(name), REQUIRED) for name in missing))
    defaults = {
        one.name: to_builtins(getattr(blank, one.name))
        for one in fields(type(blank))
        if not one.required and one.name not in STATE
    }
    return defaults | dict(members)
