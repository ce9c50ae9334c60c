"""Mail owners and admins when deliveries failed or an endpoint was switched off.

The engine stores notices in SQL, and a periodic job turns them into mails: at most one of a kind
per subscription in `QUIET`. Failures in that time are counted and reported afterwards.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import when, zone_named
from webhooks_app.mail import service as mail
from webhooks_app.models import (
    Membership,
    Notification,
    Organisation,
    Subscription,
    SubscriptionHealth,
    User,
)
from webhooks_app.notices.dashboard_notices import FAILED, QUIET
from webhooks_app.vocabulary import Mode, Role

AT_ONCE = 100
MOST_CAUSES = 3


def mail_due(session: Session, now: datetime) -> int:
    """Write the mails that are due, committed; returns how many notices they cover."""
    told = _of_notifications(session, now) + _of_failures(session, now)
    session.commit()
    mail.send_soon()
    return told


def _of_notifications(session: Session, now: datetime) -> int:
    """Report earlier failures in the same mail: a 410 is a failure and also switches off."""
    due = session.execute(
        select(Notification, SubscriptionHealth, Subscription, Organisation)
        .join(Subscription, Subscription.id == Notification.subscription_id)
        .join(SubscriptionHealth, SubscriptionHealth.subscription_id == Subscription.id)
        .join(Organisation, Organisation.id == Notification.organisation_id)
        .where(Notification.mail_due)
        .order_by(Notification.id)
        .limit(AT_ONCE)
        .with_for_update(of=(Notification, SubscriptionHealth), skip_locked=True)
    ).all()
    for notification, row, subscription, organisation in due:
        body = notification.body
        if row.failed > row.failed_told:
            body = f"{body} {_said(session, row, subscription, organisation)[1]}"
            row.failed_told, row.failed_told_at = row.failed, now
        _tell(session, organisation, subscription, notification.title, body)
        notification.mail_due = False
    return len(due)


def _of_failures(session: Session, now: datetime) -> int:
    """Count failures as reported if nobody wants these mails.

    So switching mails on later reports no old failures.
    """
    health = SubscriptionHealth
    due = session.execute(
        select(health, Subscription, Organisation)
        .join(Subscription, Subscription.id == health.subscription_id)
        .join(Organisation, Organisation.id == Subscription.organisation_id)
        .where(
            health.failed > health.failed_told,
            or_(health.failed_told_at.is_(None), health.failed_told_at <= now - QUIET),
            Subscription.deleted_at.is_(None),
        )
        .order_by(health.subscription_id)
        .limit(AT_ONCE)
        .with_for_update(of=health, skip_locked=True)
    ).all()
    for row, subscription, organisation in due:
        if subscription.failure_mail:
            said = _said(session, row, subscription, organisation)
            _tell(session, organisation, subscription, *said, recovers=True)
        row.failed_told, row.failed_told_at = row.failed, now
    return sum(subscription.failure_mail for _, subscription, _ in due)


def _said(
    session: Session,
    row: SubscriptionHealth,
    subscription: Subscription,
    organisation: Organisation,
) -> tuple[str, str]:
    """The title and the sentences under it."""
    count = row.failed - row.failed_told
    many = f"{count} deliveries" if count > 1 else "A delivery"
    zone, since = zone_named(organisation.time_zone), ""
    if row.failed_told_at is not None:
        since = f" since {when(row.failed_told_at, zone)}"
    them = "They were" if count > 1 else "It was"
    causes = [
        f"Since {when(one.created_at, zone)}: {one.body}"
        for one in _causes(session, subscription, row.failed_told_at)
    ]
    replayed = f"{them} retried as often as the policy allows, and can be replayed."
    return (
        f"{subscription.name}: {many[:1].lower()}{many[1:]} failed permanently",
        " ".join([f"{many} failed{since}.", *causes, replayed]),
    )


def _causes(
    session: Session, subscription: Subscription, since: datetime | None
) -> Sequence[Notification]:
    """The notices of what failed since, the most frequent first."""
    failed = select(Notification).where(
        Notification.in_organisation(subscription.organisation_id),
        Notification.subscription_id == subscription.id,
        Notification.kind == FAILED,
        Notification.body != "",
    )
    if since is not None:
        failed = failed.where(Notification.last_at > since)
    newest = failed.order_by(Notification.count.desc(), Notification.id.desc())
    return session.scalars(newest.limit(MOST_CAUSES)).all()


def _tell(
    session: Session,
    organisation: Organisation,
    subscription: Subscription,
    title: str,
    body: str,
    *,
    recovers: bool = False,
) -> None:
    tenant = Tenant(organisation.id, subscription.mode)
    recover = f"/replays/new?subscription_id={subscription.id}&window=7d&missing=1"
    context: dict[str, object] = {
        "title": title,
        "body": body,
        "organisation": organisation.name,
        "test": subscription.mode == Mode.TEST,
        "link": mail.link(tenant.page(f"/{subscription.kind}s/{subscription.id}")),
        "recover": mail.link(tenant.page(recover)) if recovers else "",
    }
    for address in owners_and_admins(session, organisation.id):
        mail.post(session, address, "notice", **context)


def owners_and_admins(session: Session, organisation_id: str) -> Sequence[str]:
    """The e-mail addresses of owners and admins."""
    return session.scalars(
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.in_organisation(organisation_id),
            Membership.role.in_((Role.OWNER.value, Role.ADMIN.value)),
        )
        .order_by(User.email)
    ).all()
