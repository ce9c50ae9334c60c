"""The columns of events as a file."""

import orjson

from webhooks_app.events.stream import START, EventLine
from webhooks_app.events.summaries import summary_of
from webhooks_app.lib.times import rfc3339
from webhooks_app.web.table_file import Columns

COLUMNS: Columns[EventLine] = {
    "id": lambda line: line.event.id,
    "type": lambda line: line.event.type,
    "summary": lambda line: summary_of(line.event.type, line.event.data[:START]),
    "subject_type": lambda line: line.event.subject_type,
    "subject_id": lambda line: line.event.subject_id,
    "occurred_at": lambda line: rfc3339(line.event.occurred_at),
    "received_at": lambda line: rfc3339(line.event.created_at),
    "origin": lambda line: line.event.origin,
    "own_id": lambda line: line.event.source_id,
    "deliveries": lambda line: line.event.fan_out,
    # As it was reported, number for number.
    "data": lambda line: orjson.Fragment(line.event.data.encode(errors="replace")),
}
