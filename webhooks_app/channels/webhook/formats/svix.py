"""Svix's format: Standard Webhooks under the header names that Svix had before.

Receivers of Clerk, Resend and others who send by Svix know these names. See "Verifying webhooks
manually" in Svix's documentation.
"""

from webhooks_app.channels.webhook.formats.standard import Standard


class Svix(Standard):
    name = "svix"
    label = "Svix"
    family = "svix"
