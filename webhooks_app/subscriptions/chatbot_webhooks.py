"""The webhooks whose scope is one chatbot, for the calls of the Pollybot document."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from webhooks_app.channels.retry_policy import POLLYBOT, policy_or_default
from webhooks_app.events.subjects import subject_id_faults
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Subscription
from webhooks_app.subscriptions.spec import Policy
from webhooks_app.vocabulary import SubscriptionKind

CHATBOT = "chatbot"
MOST_LISTED = 1000


class Retries(NamedTuple):
    """A retry policy in Pollybot's words: how many retries, and milliseconds before the first."""

    most: int
    delay_ms: int

    def as_policy(self) -> dict[str, int]:
        return {"max_retries": self.most, "retry_delay_ms": self.delay_ms}


DEFAULT_RETRIES = Retries(POLLYBOT["max_retries"], POLLYBOT["retry_delay_ms"])


def list_webhooks(
    session: Session, tenant: Tenant, chatbot_id: str
) -> tuple[Sequence[Subscription], int]:
    """The newest `MOST_LISTED` of them, and how many there are.

    Raises `NotFound` for an invalid id. Chatbots are not registered, so an unknown one has no
    webhooks.
    """
    which = _of_chatbot(tenant, chatbot_id)
    query = select(Subscription).options(joinedload(Subscription.health)).where(*which)
    newest = query.order_by(Subscription.id.desc()).limit(MOST_LISTED)
    total = session.scalar(select(func.count()).select_from(Subscription).where(*which))
    return session.scalars(newest).all(), total or 0


def find_webhook(
    session: Session, tenant: Tenant, chatbot_id: str, webhook_id: str
) -> Subscription:
    """Raises `NotFound`, also for another chatbot's or organisation's webhook."""
    query = select(Subscription).options(joinedload(Subscription.health))
    which = _of_chatbot(tenant, chatbot_id)
    row = session.scalar(query.where(*which, Subscription.id == webhook_id))
    if row is None:
        raise NotFound
    return row


def retries_of(policy: Policy) -> Retries:
    """The two numbers for a stored policy; its other delays are lost."""
    if isinstance(policy, dict) and set(policy) == set(POLLYBOT):
        numbers = msgspec.convert(policy, dict[str, int])
        return Retries(numbers["max_retries"], numbers["retry_delay_ms"])
    delays = policy_or_default(policy).delays
    return Retries(len(delays), round(delays[0] * 1000) if delays else 0)


def retries_for(
    most: int | None, delay_ms: int | None, policy: Policy | None = None
) -> Retries | None:
    """The given numbers, completed from the stored `policy`.

    None if they equal the stored policy: a client that sends back what it read changes nothing.
    """
    said = DEFAULT_RETRIES if policy is None else retries_of(policy)
    wanted = Retries(
        said.most if most is None else most, said.delay_ms if delay_ms is None else delay_ms
    )
    if policy is not None and wanted == said:
        return None
    return wanted._replace(delay_ms=wanted.delay_ms or DEFAULT_RETRIES.delay_ms)


def scope_of(chatbot_id: str) -> dict[str, str]:
    """The chatbot as a scope. Raises `NotFound` for an invalid id."""
    if any(subject_id_faults(chatbot_id)):
        raise NotFound
    return {"type": CHATBOT, "id": chatbot_id}


def _of_chatbot(tenant: Tenant, chatbot_id: str) -> list[ColumnElement[bool]]:
    scope = scope_of(chatbot_id)
    return [
        Subscription.in_tenant(tenant),
        Subscription.kind == SubscriptionKind.WEBHOOK.value,
        Subscription.scope_type == scope["type"],
        Subscription.scope_id == scope["id"],
        Subscription.is_present(),
    ]
