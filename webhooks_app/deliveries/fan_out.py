"""The states of the deliveries of events."""

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app.deliveries.filters import of_events
from webhooks_app.models import Delivery, Event
from webhooks_app.vocabulary import DeliveryStatus

# With more deliveries, an event only says how many.
MOST = 20
WORST_FIRST = (
    DeliveryStatus.FAILED,
    DeliveryStatus.CANCELLED,
    DeliveryStatus.RETRYING,
    DeliveryStatus.PENDING,
    DeliveryStatus.SENDING,
    DeliveryStatus.DELIVERED,
)


def states_of(session: Session, events: Iterable[Event]) -> Mapping[str, Mapping[str, int]]:
    """By event, how many of its subscriptions are in which state, after the newest replay; worst
    first. Events without deliveries, or with more than `MOST`, are left out."""
    asked = [event.id for event in events if 0 < event.fan_out <= MOST]
    if not asked:
        return {}
    query = select(Delivery.event_id, Delivery.subscription_id, Delivery.status)
    newest_last = query.where(of_events(asked)).order_by(Delivery.id)
    newest = {(event, to): status for event, to, status in session.execute(newest_last)}
    counted: dict[str, Counter[str]] = {}
    for (event_id, _), status in newest.items():
        counted.setdefault(event_id, Counter())[status] += 1
    return {
        id_: {state.value: states[state] for state in WORST_FIRST if states[state]}
        for id_, states in counted.items()
    }
