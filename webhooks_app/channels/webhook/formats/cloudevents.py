"""CloudEvents 1.0 (cloudevents.io) in structured mode.

It is signed as Standard Webhooks, since CloudEvents defines no signature.
"""

from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.parts import moment, quoted
from webhooks_app.channels.webhook.formats.standard import Standard


class CloudEvents(Standard):
    name = "cloudevents"
    label = "CloudEvents 1.0"
    content_type = "application/cloudevents+json"

    def envelope(self, event: EventView) -> bytes:
        """`source` is the organisation, `subject` `type/id`; without a subject it is absent."""
        return (
            b'{"specversion":"1.0","id":%b,"source":%b,"type":%b,%b"time":%b,'
            b'"datacontenttype":"application/json","data":%b}'
        ) % (
            quoted(event.id),
            quoted(f"/organisations/{event.organisation_id}"),
            quoted(event.type),
            _subject(event),
            moment(event.occurred_at),
            event.data,
        )


def _subject(event: EventView) -> bytes:
    if event.subject_type is None:
        return b""
    return b'"subject":%b,' % quoted(f"{event.subject_type}/{event.subject_id}")
