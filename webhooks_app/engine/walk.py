"""The walk over all subscriptions with deliveries to send."""

from webhooks_app.models.queued import READY


def loose_scan(table: str, those: str) -> str:
    """The subscriptions with rows that fulfil the condition of a partial index.

    The walk jumps through the index, so a million rows of one endpoint cost no more than one row.
    """
    return f"""
    WITH RECURSIVE walk(subscription_id) AS (
        SELECT * FROM (
            SELECT subscription_id FROM {table}
            WHERE {those} AND subscription_id > {{after}}
            ORDER BY subscription_id LIMIT 1
        ) AS first
        UNION ALL
        SELECT (
            SELECT n.subscription_id FROM {table} AS n
            WHERE {those} AND n.subscription_id > walk.subscription_id
            ORDER BY n.subscription_id LIMIT 1
        ) FROM walk WHERE walk.subscription_id IS NOT NULL
    )"""


WALK = loose_scan("queue", READY)

_NEXT = f"""
        SELECT coalesce(
            (
                SELECT n.subscription_id FROM queue AS n
                WHERE {READY} AND n.subscription_id > {{last}}
                    AND n.subscription_id < coalesce(next.id, '~')
                ORDER BY n.subscription_id LIMIT 1
            ),
            next.id
        )
        FROM (
            SELECT min(subscription_id COLLATE "C") AS id FROM busy
            WHERE subscription_id COLLATE "C" > {{last}}
        ) AS next"""
# The same for PostgreSQL, without a look at the index entries of busy subscriptions: it takes these
# from the parameters, each in its place.
WALK_PAST_BUSY = f"""
    WITH RECURSIVE busy(subscription_id, due_at) AS (
        SELECT * FROM unnest(%(busy)s::text[], %(floors)s::timestamptz[])
    ),
    walk(subscription_id) AS (
        {_NEXT.format(last="{after}")}
        UNION ALL
        SELECT ({_NEXT.format(last="walk.subscription_id")})
        FROM walk WHERE walk.subscription_id IS NOT NULL
    )"""
FLOORS = "LEFT JOIN busy ON busy.subscription_id = walk.subscription_id"
FLOOR = "AND due_at >= coalesce(busy.due_at, '-infinity')"
