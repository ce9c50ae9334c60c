"""A claimed delivery for tests."""

from typing import Any

from webhooks_app.channels.contract import Claimed
from webhooks_app.lib.times import utcnow


def claimed(**more: Any) -> Claimed:
    values = {
        "delivery_id": "msg_06gvq3m4q7ft1h8eghb2th9ln2",
        "subscription_id": "whk_06gvq3m4q7ft1h8eghb2th9ln2",
        "number": 1,
        "failures": 0,
        "lost": False,
        "revision": 1,
        "wire_format": "standard",
        "event_id": "evt_06gvq3m4q7ft1h8eghb2th9ln2",
        "event_type": "lead.captured",
        "occurred_at": utcnow(),
        "organisation_id": "org_1",
        "subject_type": None,
        "subject_id": None,
        "data": "{}",
    }
    return Claimed(**(values | more))
