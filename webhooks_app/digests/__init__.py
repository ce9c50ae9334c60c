"""Scheduled mails that sum up what happened.

`schedule` says which period is due (pure), `content` counts it, `service` sends it once.
"""
