"""The tenant: its name and time zone, its plan, and who changed what.

`plans` holds the limits of each plan, `audit_log` the history of changes.
"""
