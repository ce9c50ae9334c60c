"""/whoami: what a key belongs to, what it allows, and what is left of the plan."""

from typing import Annotated

import msgspec
from flask import Response
from msgspec import Meta

from webhooks_app.api import auth
from webhooks_app.api.answers import answer
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.shapes import Moment, optional_moment
from webhooks_app.extensions import db
from webhooks_app.organisations import plans
from webhooks_app.people import api_keys


class OrganisationAnswer(msgspec.Struct, frozen=True):
    """The organisation that the key belongs to."""

    id: str
    name: str
    time_zone: str


class KeyAnswer(msgspec.Struct, frozen=True):
    """The key itself, without its token."""

    id: str
    name: str
    hint: Annotated[str, Meta(description="The last characters of the token.")]
    scopes: list[str]
    expires_at: Moment | None


class QuotaAnswer(msgspec.Struct, frozen=True):
    """A limit of the plan and how much of it is used, live and test together."""

    limit: Annotated[int | None, Meta(description="The limit of the plan; null for none.")]
    used: Annotated[int | None, Meta(description="The limit per minute; null for none.")]


class PlanAnswer(msgspec.Struct, frozen=True):
    """The organisation's plan, and what is left of it."""

    name: str
    title: str
    actions: QuotaAnswer
    webhooks: QuotaAnswer
    event_types: QuotaAnswer
    events_per_minute: Annotated[
        int | None, Meta(description="The limit of the plan; null for none.")
    ]
    retention_days: Annotated[
        int | None,
        Meta(
            description="How many days data is kept; null for as long as the operator keeps data."
        ),
    ]


class WhoamiAnswer(msgspec.Struct, frozen=True):
    """What a key belongs to, what it allows, and how much of the plan is used."""

    organisation: OrganisationAnswer
    mode: Annotated[str, Meta(extra_json_schema={"enum": ["live", "test"]})]
    key: KeyAnswer
    plan: PlanAnswer


@bp.get("/whoami")
@operation(
    Operation(
        summary="Read what the key belongs to",
        tag="Keys",
        answers={200: WhoamiAnswer},
        description="The organisation and mode of the key, its scopes, and how much of the plan "
        "is used.",
    )
)
def read_whoami() -> Response:
    key, organisation = api_keys.holder_of(db.session(), auth.tenant(), auth.key_id())
    return answer(
        WhoamiAnswer(
            OrganisationAnswer(organisation.id, organisation.name, organisation.time_zone),
            key.mode,
            KeyAnswer(
                key.id, key.name, key.hint, list(key.scopes), optional_moment(key.expires_at)
            ),
            _plan(organisation.id, plans.plan_called(organisation.plan)),
        )
    )


def _plan(organisation_id: str, plan: plans.Plan) -> PlanAnswer:
    return PlanAnswer(
        name=plan.name,
        title=plan.title,
        actions=_quota(organisation_id, "actions"),
        webhooks=_quota(organisation_id, "webhooks"),
        event_types=_quota(organisation_id, "event_types"),
        events_per_minute=plan.events_per_minute,
        retention_days=plan.retention_days,
    )


def _quota(organisation_id: str, what: str) -> QuotaAnswer:
    room = plans.room_for(db.session(), organisation_id, what)
    return QuotaAnswer(room.limit, room.used) if room else QuotaAnswer(None, None)
