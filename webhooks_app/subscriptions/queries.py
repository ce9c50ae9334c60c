"""Find actions and webhooks: one, a page of them, their names."""

import re
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session, joinedload

from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.paging import Page, PageBounds, page_of
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Subscription
from webhooks_app.subscriptions.ordering import Order, page_in_order
from webhooks_app.subscriptions.spec import KEY
from webhooks_app.vocabulary import SubscriptionKind

MOST_NAMES = 500
BY_KEY = "key:"
NO_METADATA: Mapping[str, str] = {}


def list_subscriptions(
    session: Session,
    tenant: Tenant,
    kind: SubscriptionKind,
    window: PageBounds,
    metadata: Mapping[str, str] = NO_METADATA,
    order: Order | None = None,
) -> Page[Subscription]:
    """Those of a kind with all of this metadata, newest first or in `order`, with their health."""
    query = _subscriptions_of(tenant).where(Subscription.kind == kind.value)
    for key, value in metadata.items():
        usable = re.fullmatch(KEY, key) and "\0" not in value
        has = Subscription.metadata_[key].as_string() == value if usable else false()
        query = query.where(has)
    if order is not None:
        query = page_in_order(query, tenant, order, window.below)
    else:
        query = query.order_by(Subscription.id.desc())
        if window.below is not None:
            query = query.where(Subscription.id < window.below)
    rows = session.scalars(query.limit(window.size + 1)).all()
    return page_of(rows, [row.id for row in rows], window.size)


def names_of(session: Session, tenant: Tenant) -> list[tuple[str, str]]:
    """Id and name of the first `MOST_NAMES` by name, for a choice; deleted ones are marked."""
    query = (
        select(Subscription.id, Subscription.name, Subscription.deleted_at)
        .where(Subscription.in_tenant(tenant))
        .order_by(Subscription.name, Subscription.id)
        .limit(MOST_NAMES)
    )
    return [
        (row.id, row.name if row.deleted_at is None else f"{row.name} (deleted)")
        for row in session.execute(query)
    ]


def find_subscription(
    session: Session, tenant: Tenant, subscription_id: str, kind: SubscriptionKind
) -> Subscription:
    """By its id, or by its owner's own key: `key:crm`. Raises `NotFound`, also if deleted, another
    organisation's, or of the other kind."""
    query = _subscriptions_of(tenant).where(Subscription.kind == kind.value)
    column = Subscription.own_key if subscription_id.startswith(BY_KEY) else Subscription.id
    row = session.scalar(query.where(column == subscription_id.removeprefix(BY_KEY)))
    if row is None:
        raise NotFound
    return row


def find_chosen(
    session: Session,
    tenant: Tenant,
    kind: SubscriptionKind,
    ids: Collection[str],
    *,
    deleted: bool = False,
) -> Sequence[Subscription]:
    """Those of these ids, by name. `deleted`: also deleted ones. Raises `NotFound` unless all are
    there."""
    query = Subscription.of(tenant).options(joinedload(Subscription.health))
    query = query.where(Subscription.kind == kind.value, Subscription.id.in_(ids))
    if not deleted:
        query = query.where(Subscription.is_present())
    rows = session.scalars(query.order_by(Subscription.name, Subscription.id)).all()
    if len(rows) != len(set(ids)):
        raise NotFound
    return rows


def find_named(session: Session, tenant: Tenant, kind: str, name: str) -> Subscription | None:
    """The newest of that name."""
    query = _subscriptions_of(tenant).where(Subscription.kind == kind, Subscription.name == name)
    return session.scalar(query.order_by(Subscription.id.desc()).limit(1))


def key_is_taken(session: Session, row: Subscription) -> bool:
    """Whether another one got its own key after it was deleted."""
    query = _subscriptions_of(Tenant(row.organisation_id, row.mode)).where(
        Subscription.kind == row.kind,
        Subscription.own_key == row.own_key,
        Subscription.id != row.id,
    )
    return session.scalar(query) is not None


def find_by_id(session: Session, subscription_id: str) -> Subscription:
    """For the holder of a signed link, in any organisation. Raises `NotFound`."""
    row = session.get(Subscription, subscription_id)
    if row is None or row.deleted_at is not None:
        raise NotFound
    return row


def find_off(session: Session, tenant: Tenant, subscription_id: str) -> Subscription | None:
    """The subscription with that id, if it exists and is off."""
    found = _subscriptions_of(tenant).where(
        Subscription.id == subscription_id, ~Subscription.enabled
    )
    return session.scalar(found)


def _subscriptions_of(tenant: Tenant) -> Select[Subscription]:
    return (
        Subscription.of(tenant)
        .options(joinedload(Subscription.health))
        .where(Subscription.is_present())
    )
