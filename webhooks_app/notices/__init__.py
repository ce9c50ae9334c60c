"""Notifications in the dashboard.

`dashboard_notices` writes a notification, at most one of a kind in a quiet period. `notifications`
reads them and marks them as read.
"""
