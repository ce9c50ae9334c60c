"""The tenant: its name and time zone, its plan, its daily limits, and who did what.

`plans` holds the limits of each plan, `daily_limits` what reaches strangers by mail.
`audit_log` writes the history of changes; `audit_search` and `audit_targets` read it.
"""
