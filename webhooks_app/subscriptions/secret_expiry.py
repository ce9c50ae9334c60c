"""An event, once, before the previous secret of a webhook stops signing."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Engine, Select, Table, select

from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import Subscription
from webhooks_app.organisations.system_events import Happened, somebody_listens, tell

BEFORE = timedelta(hours=1)
SUBSCRIPTIONS = cast(Table, Subscription.__table__)


def announce(database: Engine, now: datetime) -> None:
    """For each secret that ends within an hour, where somebody listens; committed."""
    with database.begin() as connection:
        for row in connection.execute(_ending(now)).all():
            until = rfc3339(row.previous_secret_expires_at)
            data = {
                "id": row.id,
                "kind": row.kind,
                "name": row.name,
                "previous_expires_at": until,
            }
            happened = Happened("secret.expiring", data, row.id, once=f"{row.id} {until}")
            tell(connection, Tenant(row.organisation_id, row.mode), happened)


def _ending(now: datetime) -> Select[object]:
    columns = SUBSCRIPTIONS.c
    return select(
        columns.id,
        columns.kind,
        columns.name,
        columns.organisation_id,
        columns.mode,
        columns.previous_secret_expires_at,
    ).where(
        somebody_listens(),
        columns.previous_secret_expires_at > now,
        columns.previous_secret_expires_at <= now + BEFORE,
        columns.enabled,
        columns.deleted_at.is_(None),
    )
