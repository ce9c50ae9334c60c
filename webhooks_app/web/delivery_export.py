"""Deliveries as a file, for spreadsheets and for programs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import orjson

from webhooks_app.deliveries.log import Logged
from webhooks_app.events.summaries import summary_of
from webhooks_app.lib.csv_file import csv_lines
from webhooks_app.lib.times import rfc3339

Batches = Iterable[Sequence[Logged]]

COLUMNS: Mapping[str, Callable[[Logged], object]] = {
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


def as_csv(batches: Batches) -> Iterator[str]:
    cells = ([_texts(line) for line in batch] for batch in batches)
    return csv_lines(tuple(COLUMNS), cells)


def as_ndjson(batches: Batches) -> Iterator[str]:
    for batch in batches:
        yield "".join(orjson.dumps(_members(line)).decode() + "\n" for line in batch)


def _members(line: Logged) -> dict[str, object]:
    return {name: read(line) for name, read in COLUMNS.items()}


def _texts(line: Logged) -> list[str | None]:
    return [None if value is None else str(value) for value in _members(line).values()]
