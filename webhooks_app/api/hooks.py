"""/hooks: REST Hooks, as Zapier and Make subscribe and unsubscribe."""

from typing import Annotated

import msgspec
from flask import Response, g, url_for
from msgspec import Meta

from webhooks_app.api import auth, bodies
from webhooks_app.api.answers import JSON, answer, no_content
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.shapes import Moment, SubjectAnswer
from webhooks_app.events.type_registry import find_type
from webhooks_app.extensions import db
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import queries, rest_hooks, service
from webhooks_app.vocabulary import SubscriptionKind

SAMPLES_NEED = "events:read"


class HookBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to send, and where."""

    target_url: Annotated[str, Meta(description="Where events are sent; https in live mode.")]
    event: Annotated[str, Meta(description="The name of an event type.")]


class HookAnswer(msgspec.Struct, frozen=True):
    """A REST Hook. It is a webhook too, with the same id."""

    id: str
    target_url: str
    event: Annotated[
        str, Meta(description="The event type; the first one of a webhook with several.")
    ]


class HookSample(msgspec.Struct, frozen=True):
    """A body as a REST Hook gets it."""

    id: Annotated[str, Meta(description="The id of the event.")]
    event: Annotated[str, Meta(description="The event type.")]
    timestamp: Moment
    subject: SubjectAnswer | None
    data: Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]


@bp.post("/hooks")
@operation(
    Operation(
        summary="Subscribe",
        tag="REST Hooks",
        body=HookBody,
        answers={201: HookAnswer},
        description="Creates a webhook for one event type, in the format of the samples. It gets "
        "no ping. An answer of 410 switches it off.",
        problems=("plan-limit",),
        location=True,
    )
)
@auth.requires("webhooks:write")
def subscribe() -> Response:
    body = bodies.read(HookBody)
    row = rest_hooks.subscribe(
        db.session(), auth.tenant(), body.target_url, body.event, parts().vault, parts().guard
    )
    response = answer(_shown(row), 201)
    response.headers["Location"] = url_for("api.read_hook", webhook_id=row.id)
    return response


@bp.get("/hooks/<webhook_id>")
@operation(Operation(summary="Read a hook", tag="REST Hooks", answers={200: HookAnswer}))
@auth.requires("webhooks:read")
def read_hook(webhook_id: str) -> Response:
    return answer(_shown(_load(webhook_id)))


@bp.delete("/hooks/<webhook_id>")
@operation(
    Operation(
        summary="Unsubscribe",
        tag="REST Hooks",
        answers={204: None},
        description="Deletes the webhook. Waiting deliveries are cancelled.",
        problems=("conflict",),
    )
)
@auth.requires("webhooks:write")
def unsubscribe(webhook_id: str) -> Response:
    service.delete_subscription(db.session(), _load(webhook_id))
    return no_content()


@bp.get("/event-types/<name>/samples")
@operation(
    Operation(
        summary="List samples",
        tag="REST Hooks",
        answers={200: list[HookSample]},
        description="What a REST Hook would get, for the editors of Zapier and Make. With the "
        f"scope `{SAMPLES_NEED}` the answer has the newest {rest_hooks.SAMPLES} "
        "events of the type. Without it, or if there are none, it has the sample of "
        "the type. The answer is a bare list.",
    )
)
def list_samples(name: str) -> Response:
    tenant = auth.tenant()
    kind = find_type(db.session(), tenant.organisation_id, name)
    may_read = SAMPLES_NEED in g.principal.scopes
    found = rest_hooks.samples(db.session(), tenant, kind, real=may_read)
    return Response(b"[%b]" % b",".join(found), mimetype=JSON)


def _load(webhook_id: str) -> Subscription:
    return queries.find_subscription(
        db.session(), auth.tenant(), webhook_id, SubscriptionKind.WEBHOOK
    )


def _shown(row: Subscription) -> HookAnswer:
    return HookAnswer(row.id, row.url, next(iter(row.event_types), ""))
