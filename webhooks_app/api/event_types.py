"""/event-types: the catalogue, and what an organisation registers beside it."""

import msgspec
from flask import Response, url_for
from msgspec import UNSET, UnsetType

from webhooks_app.api import auth, bodies, shapes
from webhooks_app.api.answers import Answer, answer, no_content
from webhooks_app.api.blueprint import bp
from webhooks_app.events import custom_types as service
from webhooks_app.events.type_registry import as_event_type, find_own, find_type, known_types
from webhooks_app.extensions import db
from webhooks_app.models import CustomEventType


class EventTypePatch(msgspec.Struct, forbid_unknown_fields=True):
    """Members that are absent stay as they are."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    group: str | UnsetType = UNSET
    sample: msgspec.Raw | UnsetType = UNSET
    schema: msgspec.Raw | UnsetType = UNSET

    def given(self) -> dict[str, str]:
        """As `event_type_fields` knows them: JSON as text."""
        members = {name: getattr(self, name) for name in self.__struct_fields__}
        return {
            name: bytes(value).decode() if isinstance(value, msgspec.Raw) else value
            for name, value in members.items()
            if value is not UNSET
        }


class EventTypeBody(EventTypePatch, kw_only=True):
    name: str
    sample: msgspec.Raw


@bp.get("/event-types")
def list_event_types() -> Response:
    """All at once, for any key: they are few."""
    kinds = known_types(db.session(), _organisation_id()).values()
    return answer({"data": [shapes.event_type(kind) for kind in kinds], "next_cursor": None})


@bp.get("/event-types/<name>")
def read_event_type(name: str) -> Response:
    return answer(shapes.event_type(find_type(db.session(), _organisation_id(), name)))


@bp.post("/event-types")
@auth.requires("event-types:write")
@auth.requires_live
def create_event_type() -> Response:
    fields = bodies.read(EventTypeBody).given()
    row = service.register(db.session(), _organisation_id(), fields)
    response = answer(_shape(row), 201)
    response.headers["Location"] = url_for("api.read_event_type", name=row.name)
    return response


@bp.patch("/event-types/<name>")
@auth.requires("event-types:write")
@auth.requires_live
def update_event_type(name: str) -> Response:
    row = _load(name)
    service.update(db.session(), row, bodies.read(EventTypePatch).given())
    return answer(_shape(row))


@bp.delete("/event-types/<name>")
@auth.requires("event-types:write")
@auth.requires_live
def retire_event_type(name: str) -> Response:
    service.retire(db.session(), _load(name))
    return no_content()


def _load(name: str) -> CustomEventType:
    return find_own(db.session(), _organisation_id(), name)


def _shape(row: CustomEventType) -> Answer:
    return shapes.event_type(as_event_type(row))


def _organisation_id() -> str:
    return auth.tenant().organisation_id
