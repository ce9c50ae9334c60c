"""What the engine hands to a channel."""

from datetime import datetime

import msgspec

from webhooks_app.vocabulary import Trigger


class Claimed(msgspec.Struct, frozen=True):
    """A leased delivery, joined with its event. `lost` when a lease before this one ran out."""

    delivery_id: str
    subscription_id: str
    number: int
    failures: int
    lost: bool
    revision: int
    wire_format: str
    event_id: str
    event_type: str
    occurred_at: datetime
    organisation_id: str
    subject_type: str | None
    subject_id: str | None
    data: str
    trigger: str = Trigger.EVENT.value

    @property
    def is_test(self) -> bool:
        """Sent once, and no part of any number."""
        return self.trigger == Trigger.TEST
