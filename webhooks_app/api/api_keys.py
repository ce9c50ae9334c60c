"""/api-keys: create, rotate and revoke keys with a key. No key can create one that can do more."""

from datetime import timedelta
from typing import Annotated

import msgspec
from flask import Response, url_for
from msgspec import UNSET, Meta, UnsetType

from webhooks_app.api import auth, bodies
from webhooks_app.api.answers import PageAnswer, answer, no_content
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.queries import Moment as Given
from webhooks_app.api.shapes import Moment, optional_moment
from webhooks_app.extensions import db
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import ApiKey
from webhooks_app.people import api_keys, keys_by_key
from webhooks_app.people.api_keys import LONGEST_OVERLAP, PRESETS, SCOPES

MOST_HOURS = LONGEST_OVERLAP // timedelta(hours=1)
DAY = 24


class NewApiKey(msgspec.Struct, forbid_unknown_fields=True):
    """A new key, in the mode of the key that creates it. Give `scopes` or a `preset`."""

    name: Annotated[str, Meta(description="A name for people.")]
    scopes: Annotated[
        list[str] | None,
        Meta(
            description="What the key may do. The key that creates it must have these scopes too.",
            extra_json_schema={"items": {"enum": list(SCOPES)}},
        ),
    ] = None
    preset: Annotated[
        str | None,
        Meta(
            description="Scopes that are often used together.",
            extra_json_schema={"enum": [*PRESETS, None]},
        ),
    ] = None
    expires_at: Annotated[
        Given | UnsetType | None,
        Meta(
            description="When it expires, within 5 years, or null for never. By default it "
            "expires with the key that creates it."
        ),
    ] = UNSET


class RotateKeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """How to rotate a key."""

    overlap_hours: Annotated[
        int,
        Meta(ge=0, le=MOST_HOURS, description="How many hours the old key keeps working."),
    ] = DAY


class ApiKeyAnswer(msgspec.Struct, frozen=True):
    """An API key. Its token is shown once, in the answer that creates or rotates it."""

    id: str
    name: str
    hint: Annotated[str, Meta(description="The last characters of the token.")]
    scopes: list[str]
    created_at: Moment
    created_by: Annotated[str | None, Meta(description="The person or key that created it.")]
    expires_at: Moment | None
    last_used_at: Annotated[
        Moment | None, Meta(description="When it was last used, to the minute.")
    ]
    last_used_ip: str | None
    replaced_by: Annotated[str | None, Meta(description="The key that replaced it.")]
    token: Annotated[
        str | UnsetType,
        Meta(description="Present only in the answer that creates or rotates the key."),
    ] = UNSET


@bp.get("/api-keys")
@operation(
    Operation(
        summary="List API keys",
        tag="Keys",
        answers={200: PageAnswer[ApiKeyAnswer]},
        description="The keys of the same mode, newest first, all on one page. Revoked keys are "
        "left out.",
    )
)
@auth.requires("keys:read")
def list_api_keys() -> Response:
    found = api_keys.list_keys(db.session(), auth.tenant())
    return answer(PageAnswer([_shown(one.key) for one in found], None))


@bp.get("/api-keys/<key_id>")
@operation(
    Operation(
        summary="Read an API key",
        tag="Keys",
        answers={200: ApiKeyAnswer},
        volatile=("last_used_at", "last_used_ip"),
    )
)
@auth.requires("keys:read")
def read_api_key(key_id: str) -> Response:
    return answer(_shown(_load(key_id)))


@bp.post("/api-keys")
@operation(
    Operation(
        summary="Create an API key",
        tag="Keys",
        body=NewApiKey,
        answers={201: ApiKeyAnswer},
        description="Only this answer shows the `token`. The new key has the mode of the key "
        "that creates it. It cannot do more, and it does not expire later.",
        location=True,
        shows_once="token",
    )
)
@auth.requires("keys:write")
def create_api_key() -> Response:
    body = bodies.read(NewApiKey)
    key, token = keys_by_key.create(
        db.session(),
        _load(auth.key_id()),
        body.name,
        body.scopes,
        body.preset,
        expires_at=None if body.expires_at is UNSET else body.expires_at,
        ends_with_maker=body.expires_at is UNSET,
    )
    response = answer(_shown(key, token), 201)
    response.headers["Location"] = url_for("api.read_api_key", key_id=key.id)
    return response


@bp.post("/api-keys/<key_id>/rotate")
@operation(
    Operation(
        summary="Rotate an API key",
        tag="Keys",
        body=RotateKeyBody,
        body_optional=True,
        answers={201: ApiKeyAnswer},
        description="Creates a new key with the same name, scopes and lifetime. Only this answer "
        "shows its `token`. The old key works for `overlap_hours` more. A key can "
        "rotate itself; the new key then expires when the old one would have "
        "expired. It can also rotate keys that cannot do more than itself and do not "
        "expire later.",
        problems=("conflict",),
        location=True,
        shows_once="token",
    )
)
@auth.requires("keys:write")
def rotate_api_key(key_id: str) -> Response:
    body = bodies.read_optional(RotateKeyBody)
    key, token = keys_by_key.rotate(
        db.session(), _load(auth.key_id()), _load(key_id), timedelta(hours=body.overlap_hours)
    )
    response = answer(_shown(key, token), 201)
    response.headers["Location"] = url_for("api.read_api_key", key_id=key.id)
    return response


@bp.delete("/api-keys/<key_id>")
@operation(
    Operation(
        summary="Revoke an API key",
        tag="Keys",
        answers={204: None},
        description="The key stops working within a second. A key can revoke itself.",
    )
)
@auth.requires("keys:write")
def revoke_api_key(key_id: str) -> Response:
    api_keys.revoke(db.session(), _load(key_id))
    return no_content()


def _load(key_id: str) -> ApiKey:
    return api_keys.find_key(db.session(), auth.tenant(), key_id)


def _shown(key: ApiKey, token: str | UnsetType = UNSET) -> ApiKeyAnswer:
    return ApiKeyAnswer(
        id=key.id,
        name=key.name,
        hint=key.hint,
        scopes=list(key.scopes),
        created_at=rfc3339(key.created_at),
        created_by=key.created_by_name,
        expires_at=optional_moment(key.expires_at),
        last_used_at=optional_moment(key.last_used_at),
        last_used_ip=key.last_used_ip,
        replaced_by=key.replaced_by,
        token=token,
    )
