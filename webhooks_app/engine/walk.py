"""The walk over all subscriptions with deliveries to send."""

from webhooks_app.models.delivery import READY

# The walk jumps through the partial index to each subscription with ready deliveries, so a million
# rows of one endpoint cost no more than one row (a "loose index scan").
WALK = f"""
    WITH RECURSIVE walk(subscription_id) AS (
        SELECT * FROM (
            SELECT subscription_id FROM deliveries
            WHERE {READY} AND subscription_id > {{after}}
            ORDER BY subscription_id LIMIT 1
        ) AS first
        UNION ALL
        SELECT (
            SELECT n.subscription_id FROM deliveries AS n
            WHERE {READY} AND n.subscription_id > walk.subscription_id
            ORDER BY n.subscription_id LIMIT 1
        ) FROM walk WHERE walk.subscription_id IS NOT NULL
    )"""
