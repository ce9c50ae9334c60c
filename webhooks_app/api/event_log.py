"""Read /events: what was accepted, its deliveries, and why."""

from typing import Annotated

import msgspec
from flask import Response
from msgspec import UNSET, Meta, UnsetType

from webhooks_app.api import auth, queries, shapes
from webhooks_app.api.answers import (
    SEARCHED,
    PageAnswer,
    SearchedPageAnswer,
    answer,
    no_content,
    searched_page,
)
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.shapes import Json, Moment, SubjectAnswer
from webhooks_app.deliveries import log
from webhooks_app.deliveries.filters import Filters
from webhooks_app.events import erasure, stream
from webhooks_app.events.filters import EventFilters
from webhooks_app.events.stream import MatchExplanation
from webhooks_app.extensions import db
from webhooks_app.lib import json_text
from webhooks_app.lib.times import rfc3339
from webhooks_app.matching.conditions import ConditionResult
from webhooks_app.matching.search_terms import field_and_text, searched
from webhooks_app.models import Event
from webhooks_app.vocabulary import EventOrigin

LONGEST_FOUND = 1000


class StoredEvent(msgspec.Struct, frozen=True):
    """An event as it was accepted.

    `data` and `changed` are present only when a single event is read.
    """

    id: str
    type: str
    subject: SubjectAnswer | None
    occurred_at: Moment
    created_at: Moment
    origin: Annotated[
        str,
        Meta(
            description="Where the event came from.", extra_json_schema={"enum": list(EventOrigin)}
        ),
    ]
    own_id: Annotated[str | None, Meta(description="The producer's own id.")]
    deliveries: Annotated[int, Meta(description="How many deliveries it had when it was accepted.")]
    erased_at: Annotated[Moment | None, Meta(description="When its data was erased.")]
    data: Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})] | UnsetType = UNSET
    changed: Annotated[
        list[str] | UnsetType | None,
        Meta(description="The paths of the changed fields; null if they are unknown."),
    ] = UNSET


class JudgedCondition(msgspec.Struct, frozen=True):
    """A condition and its result."""

    field: str
    operator: str
    value: Json
    passed: bool
    tried: Annotated[
        bool,
        Meta(description="Whether the condition was tried. It is not when the budget was used up."),
    ]
    found: Annotated[bool, Meta(description="Whether the event has the field.")]
    actual: Annotated[
        str | int | float | bool | None,
        Meta(
            description="The value that was found: a text of up to 1,000 characters, a number or a "
            "boolean."
        ),
    ]


class ExplanationAnswer(msgspec.Struct, frozen=True):
    """Why a current webhook or action matches an event or not."""

    subscription_id: str
    kind: Annotated[str, Meta(extra_json_schema={"enum": ["action", "webhook"]})]
    name: str
    enabled: bool
    delivered: Annotated[bool, Meta(description="Whether this event was sent to it.")]
    would_fire: Annotated[bool, Meta(description="Whether it would match now.")]
    asks_for_type: bool
    in_scope: bool
    change_wanted: Annotated[bool, Meta(description="Whether `changed_fields` let it pass.")]
    conditions_hold: bool
    conditions: list[JudgedCondition]
    unreadable: Annotated[
        bool, Meta(description="Whether its settings cannot be read. Then nothing matches.")
    ]


class EventQuery(queries.PageQuery):
    type: Annotated[str | None, Meta(description="The name of an event type.")] = None
    text: Annotated[
        str | None,
        Meta(
            description="A text in the data, the type or the subject, or an id. Upper and lower "
            "case are the same. The whole id of an event or of a delivery finds only that event, "
            "however old it is.",
            extra_json_schema=queries.LENGTH,
        ),
    ] = None
    field: queries.Field = None
    subject: queries.Subject = None
    since: Annotated[queries.Moment | None, Meta(description="Received at this time or later.")] = (
        None
    )
    until: Annotated[queries.Moment | None, Meta(description="Received before this time.")] = None

    def filters(self) -> EventFilters:
        """Raises `Invalid`."""
        return EventFilters(
            type=queries.parsed("type", self.type, searched),
            text=queries.parsed("text", self.text, searched),
            field=queries.parsed("field", self.field, field_and_text),
            subject=queries.parsed("subject", self.subject, searched),
            since=self.since,
            until=self.until,
        )


@bp.get("/events")
@operation(
    Operation(
        summary="List events",
        tag="Events",
        query=EventQuery,
        answers={200: SearchedPageAnswer[StoredEvent]},
        description=f"Newest first, without their data. {SEARCHED}",
    )
)
@auth.requires("events:read")
def list_events() -> Response:
    query = queries.read(EventQuery)
    filters, bounds = query.filters(), query.window()
    found = stream.list_events(db.session(), auth.tenant(), filters, bounds)
    return answer(searched_page(found, _shown))


@bp.get("/events/<row_id:event_id>")
@operation(
    Operation(
        summary="Read an event",
        tag="Events",
        answers={200: StoredEvent},
        description="Shows an event with its `data`, as it was reported.",
    )
)
@auth.requires("events:read")
def read_event(event_id: str) -> Response:
    event = stream.find_event(db.session(), auth.tenant(), event_id)
    shown = msgspec.structs.replace(
        _shown(event),
        data=msgspec.Raw(event.data.encode()),
        changed=json_text.read_as(list[str], event.changed) if event.changed else None,
    )
    return answer(shown)


@bp.get("/events/<row_id:event_id>/deliveries")
@operation(
    Operation(
        summary="List the deliveries of an event",
        tag="Events",
        query=queries.PageQuery,
        answers={200: SearchedPageAnswer[shapes.DeliveryAnswer]},
        description="Newest first, including replays.",
    )
)
@auth.requires("deliveries:read")
def list_event_deliveries(event_id: str) -> Response:
    query = queries.read(queries.PageQuery)
    event = stream.find_event(db.session(), auth.tenant(), event_id)
    filters = Filters(event_id=event.id)
    found = log.list_deliveries(db.session(), auth.tenant(), filters, query.window())
    return answer(searched_page(found, shapes.delivery))


@bp.delete("/events/<row_id:event_id>/data")
@operation(
    Operation(
        summary="Erase the data of an event",
        tag="Events",
        answers={204: None},
        description="Erases the `data` of the event and everything that Hookline derived from "
        "it: the stored answers of receivers, the last state of its object, its line "
        "in digests. Waiting deliveries are cancelled. The event stays in the log "
        "without its data. Erasing it again changes nothing.",
        problems=("conflict",),
    )
)
@auth.requires("events:erase")
def erase_event(event_id: str) -> Response:
    erasure.erase(db.session(), stream.find_event(db.session(), auth.tenant(), event_id))
    return no_content()


@bp.get("/events/<row_id:event_id>/explanation")
@operation(
    Operation(
        summary="Explain an event",
        tag="Events",
        answers={200: PageAnswer[ExplanationAnswer]},
        description=(
            "Says for every webhook and action why it matches the event or not, "
            "condition by condition. All are on one page, those with a delivery "
            "first."
        ),
    )
)
@auth.requires("events:read")
def explain_event(event_id: str) -> Response:
    event = stream.find_event(db.session(), auth.tenant(), event_id)
    found = stream.match_explanations(db.session(), auth.tenant(), event)
    return answer(PageAnswer([explained(one) for one in found], None))


def _shown(event: Event) -> StoredEvent:
    return StoredEvent(
        id=event.id,
        type=event.type,
        subject=SubjectAnswer(event.subject_type, event.subject_id or "")
        if event.subject_type
        else None,
        occurred_at=rfc3339(event.occurred_at),
        created_at=rfc3339(event.created_at),
        origin=event.origin,
        own_id=event.source_id,
        deliveries=event.fan_out,
        erased_at=shapes.optional_moment(event.erased_at),
    )


def explained(one: MatchExplanation) -> ExplanationAnswer:
    row = one.subscription
    return ExplanationAnswer(
        subscription_id=row.id,
        kind=row.kind,
        name=row.name,
        enabled=row.enabled,
        delivered=one.delivered,
        would_fire=one.would_fire,
        asks_for_type=one.asks_for_type,
        in_scope=one.in_scope,
        change_wanted=one.change_wanted,
        conditions_hold=one.conditions_hold,
        conditions=[_judged(result) for result in one.judged],
        unreadable=one.broken,
    )


def _judged(result: ConditionResult) -> JudgedCondition:
    condition = result.condition.as_json()
    return JudgedCondition(
        field=result.condition.field,
        operator=result.condition.operator,
        value=condition.get("value"),
        passed=result.passed,
        tried=result.tried,
        found=result.found,
        actual=_bounded(result.actual),
    )


def _bounded(found: object) -> str | int | float | bool | None:
    """Leave out objects and lists, which may be as large as the event."""
    if isinstance(found, str):
        return found[:LONGEST_FOUND]
    return found if isinstance(found, int | float) else None
