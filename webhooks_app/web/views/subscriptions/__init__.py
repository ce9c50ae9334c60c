"""/actions and /webhooks: the two lists, one subscription with its log, and every change of it.

One blueprint, registered once for each kind; `kind()` says which kind a request is for.
"""

from webhooks_app.web.views.subscriptions import (
    bulk,
    changing,
    editing,
    own_test,
    pausing,
    reading,
    recipients,
    secrets,
    to_live,
)
from webhooks_app.web.views.subscriptions.blueprint import KINDS, bp

__all__ = [
    "KINDS",
    "bp",
    "bulk",
    "changing",
    "editing",
    "own_test",
    "pausing",
    "reading",
    "recipients",
    "secrets",
    "to_live",
]
