"""The columns of deliveries as a file."""

from webhooks_app.deliveries.log import Logged
from webhooks_app.events.summaries import summary_of
from webhooks_app.lib.times import rfc3339
from webhooks_app.web.table_file import Columns

COLUMNS: Columns[Logged] = {
    "id": lambda line: line.delivery.id,
    "created_at": lambda line: rfc3339(line.delivery.created_at),
    "status": lambda line: line.delivery.status,
    "status_code": lambda line: line.delivery.status_code,
    "error": lambda line: line.delivery.error,
    "attempts": lambda line: line.delivery.tries,
    "latency_ms": lambda line: line.latency_ms,
    "trigger": lambda line: line.delivery.trigger,
    "replay_of": lambda line: line.delivery.replay_of,
    "subscription_id": lambda line: line.delivery.subscription_id,
    "subscription": lambda line: line.subscription_name,
    "event_id": lambda line: line.event.id,
    "event_type": lambda line: line.event.type,
    "event_summary": lambda line: summary_of(line.event.type, line.start),
    "subject_type": lambda line: line.event.subject_type,
    "subject_id": lambda line: line.event.subject_id,
}
