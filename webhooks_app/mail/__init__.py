"""Mail that leaves us: composed, queued, sent.

`compose` writes the mail of an event, `service` queues all other mails, `mail_queue` sends them.
`mail_notices` tells owners and admins of failures; `email_channel` is what engines call.
"""
