"""The tenant: its name and time zone, its plan, its daily limits, and its audit log.

`plans` holds the limits of each plan; `daily_limits` bounds mail to strangers. `audit_log` writes
the history of changes; `audit_search` and `audit_targets` read it. `system_events` makes events of
what happens to webhooks, deliveries and keys.
"""
