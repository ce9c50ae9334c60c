"""/event-types: the catalogue and the types that an organisation registers."""

from typing import Annotated

import msgspec
from flask import Response, url_for
from msgspec import UNSET, Meta, UnsetType

from webhooks_app.api import auth, bodies, shapes
from webhooks_app.api.answers import PageAnswer, answer, no_content
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.events import custom_types as service
from webhooks_app.events.type_registry import as_event_type, find_own, find_type, known_types
from webhooks_app.extensions import db
from webhooks_app.models import CustomEventType

Sample = Annotated[
    msgspec.Raw,
    Meta(
        description="A realistic `data`, which tests send: an object of at most 32 KiB.",
        extra_json_schema={"type": "object"},
    ),
]
Schema = Annotated[
    msgspec.Raw,
    Meta(
        description="A JSON Schema (2020-12) of `data`, or null.",
        extra_json_schema={"type": ["object", "boolean", "null"]},
    ),
]


class EventTypePatch(msgspec.Struct, forbid_unknown_fields=True):
    """Changes to an event type. Absent members stay as they are."""

    title: Annotated[
        str | UnsetType, Meta(description="A title for people. The default is made from the name.")
    ] = UNSET
    description: Annotated[str | UnsetType, Meta(description="When such an event happens.")] = UNSET
    group: Annotated[str | UnsetType, Meta(description="The heading it is listed under.")] = UNSET
    sample: Sample | UnsetType = UNSET
    schema: Schema | UnsetType = UNSET

    def given(self) -> dict[str, str]:
        """The members as `custom_type_fields` reads them: JSON as text."""
        members = {name: getattr(self, name) for name in self.__struct_fields__}
        return {
            name: bytes(value).decode() if isinstance(value, msgspec.Raw) else value
            for name, value in members.items()
            if value is not UNSET
        }


class EventTypeBody(EventTypePatch, kw_only=True):
    """An event type of your own."""

    name: Annotated[
        str,
        Meta(
            description="An object and what happened to it, in lower case, such as `order.paid`. "
            "It cannot be changed later.",
            examples=["order.paid"],
            extra_json_schema={"maxLength": 64},
        ),
    ]
    sample: Sample


class EventTypePut(EventTypePatch, kw_only=True):
    """A complete event type of your own. Absent members get their defaults."""

    sample: Sample


@bp.get("/event-types")
@operation(
    Operation(
        summary="List event types",
        tag="Event types",
        answers={200: PageAnswer[shapes.EventTypeAnswer]},
        description="The catalogue and your own, all on one page.",
    )
)
def list_event_types() -> Response:
    """All in one answer, for any key: there are few."""
    kinds = known_types(db.session(), _organisation_id()).values()
    return answer(PageAnswer([shapes.event_type(kind) for kind in kinds], None))


@bp.get("/event-types/<name>")
@operation(
    Operation(
        summary="Read an event type",
        tag="Event types",
        answers={200: shapes.EventTypeAnswer},
    )
)
def read_event_type(name: str) -> Response:
    return answer(shapes.event_type(find_type(db.session(), _organisation_id(), name)))


@bp.post("/event-types")
@operation(
    Operation(
        summary="Register an event type",
        tag="Event types",
        body=EventTypeBody,
        answers={201: shapes.EventTypeAnswer},
        description="Registers a type of your own, up to 200. Live and test mode share it.",
        problems=("plan-limit", "conflict"),
        location=True,
    )
)
@auth.requires("event-types:write")
@auth.requires_live
def create_event_type() -> Response:
    fields = bodies.read(EventTypeBody).given()
    row = service.register(db.session(), _organisation_id(), fields)
    response = answer(_shape(row), 201)
    response.headers["Location"] = url_for("api.read_event_type", name=row.name)
    return response


@bp.put("/event-types/<name>")
@operation(
    Operation(
        summary="Put an event type",
        tag="Event types",
        body=EventTypePut,
        answers={200: shapes.EventTypeAnswer, 201: shapes.EventTypeAnswer},
        description="Registers or replaces one of your own types. Absent members get their "
        "defaults. Sending the same again changes nothing.",
        problems=("plan-limit", "conflict"),
        location=True,
    )
)
@auth.requires("event-types:write")
@auth.requires_live
def put_event_type(name: str) -> Response:
    fields = bodies.read(EventTypePut).given()
    row, created = service.put(db.session(), _organisation_id(), name, fields)
    response = answer(_shape(row), 201 if created else 200)
    if created:
        response.headers["Location"] = url_for("api.read_event_type", name=row.name)
    return response


@bp.patch("/event-types/<name>")
@operation(
    Operation(
        summary="Change an event type",
        tag="Event types",
        body=EventTypePatch,
        answers={200: shapes.EventTypeAnswer},
        description="Changes one of your own types. Absent members stay as they are.",
        problems=("conflict",),
    )
)
@auth.requires("event-types:write")
@auth.requires_live
def update_event_type(name: str) -> Response:
    row = _load(name)
    service.update(db.session(), row, bodies.read(EventTypePatch).given())
    return answer(_shape(row))


@bp.delete("/event-types/<name>")
@operation(
    Operation(
        summary="Retire an event type",
        tag="Event types",
        answers={204: None},
        description="Retires one of your own types, if no action or webhook uses it. Its events "
        "stay in the log.",
        problems=("conflict",),
    )
)
@auth.requires("event-types:write")
@auth.requires_live
def retire_event_type(name: str) -> Response:
    service.retire(db.session(), _load(name))
    return no_content()


def _load(name: str) -> CustomEventType:
    return find_own(db.session(), _organisation_id(), name)


def _shape(row: CustomEventType) -> shapes.EventTypeAnswer:
    return shapes.event_type(as_event_type(row))


def _organisation_id() -> str:
    return auth.tenant().organisation_id
