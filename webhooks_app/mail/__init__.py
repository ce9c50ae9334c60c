"""Outgoing mail: composed, queued, sent.

`compose` writes the mail of an event, `service` queues all other mails, and `mail_queue` sends
them. `mail_notices` mails owners and admins about failures. Engines call `email_channel`.
"""
