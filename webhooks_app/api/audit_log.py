"""/audit-log: who did what, when and from where."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from flask import Response, request
from msgspec import Meta

from webhooks_app.api import auth, queries
from webhooks_app.api.answers import (
    NDJSON,
    SEARCHED,
    SearchedPageAnswer,
    all_lines,
    answer,
    lines_wanted,
    searched_page,
)
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.shapes import Json, Moment
from webhooks_app.extensions import db
from webhooks_app.lib.times import rfc3339
from webhooks_app.matching.search_terms import searched
from webhooks_app.models import AuditEntry
from webhooks_app.organisations import audit_search
from webhooks_app.organisations.audit_search import AuditFilters
from webhooks_app.vocabulary import ActorKind


class AuditQuery(queries.PageQuery):
    actor_kind: Annotated[ActorKind | None, Meta(description="The kind of actor.")] = None
    actor: Annotated[str | None, Meta(description="A part of a name, or a whole id.")] = None
    action: Annotated[
        str | None,
        Meta(
            description="What was done, such as `webhook.created`, or only the kind of target, "
            "such as `webhook`."
        ),
    ] = None
    target: Annotated[str | None, Meta(description="A part of a name, or a whole id.")] = None
    since: Annotated[queries.Moment | None, Meta(description="Entries at this time or later.")] = (
        None
    )
    until: Annotated[queries.Moment | None, Meta(description="Entries before this time.")] = None

    def filters(self, mode: str) -> AuditFilters:
        return AuditFilters(
            kind=self.actor_kind,
            actor=queries.parsed("actor", self.actor, searched),
            action=queries.parsed("action", self.action, searched),
            target=queries.parsed("target", self.target, searched),
            since=self.since,
            until=self.until,
            mode=mode,
        )


class ActorAnswer(msgspec.Struct, frozen=True):
    """Who made the change. `name` and `id` are kept when the actor is deleted."""

    kind: Annotated[str | None, Meta(extra_json_schema={"enum": [*ActorKind, None]})]
    name: str
    id: Annotated[str | None, Meta(description="The id of a person or an API key.")]


class TargetAnswer(msgspec.Struct, frozen=True):
    """What was changed."""

    type: str
    id: str
    name: str


class AuditEntryAnswer(msgspec.Struct, frozen=True):
    """An entry of the audit log. Entries never change."""

    id: str
    created_at: Moment
    actor: ActorAnswer
    action: Annotated[str, Meta(description="What was done, such as `webhook.created`.")]
    target: TargetAnswer
    mode: Annotated[
        str | None, Meta(description="`live` or `test`; null for what both share, such as members.")
    ]
    detail: Annotated[Mapping[str, Json], Meta(description="Details. Never a secret.")]
    ip: str | None
    user_agent: str | None


@bp.get("/audit-log")
@operation(
    Operation(
        summary="List the audit log",
        tag="Audit log",
        query=AuditQuery,
        answers={200: SearchedPageAnswer[AuditEntryAnswer]},
        description="Newest first: entries of the key's mode, and of what both modes share. "
        f"{SEARCHED} With `Accept: {NDJSON}` the answer has all entries that match, one per line.",
        lines=AuditEntryAnswer,
    )
)
@auth.requires("audit:read")
def list_audit_log() -> Response:
    query, tenant = queries.read(AuditQuery), auth.tenant()
    filters, bounds = query.filters(tenant.mode), query.window()
    if lines_wanted(request.accept_mimetypes):
        batches = audit_search.walk(db.engine, tenant.organisation_id, filters)
        return all_lines(tenant.organisation_id, batches, _shown)
    found = audit_search.list_entries(db.session(), tenant.organisation_id, filters, bounds)
    return answer(searched_page(found, _shown))


def _shown(entry: AuditEntry) -> AuditEntryAnswer:
    return AuditEntryAnswer(
        id=entry.id,
        created_at=rfc3339(entry.created_at),
        actor=ActorAnswer(entry.actor_kind, entry.actor, entry.actor_id or entry.user_id),
        action=entry.action,
        target=TargetAnswer(entry.target_type, entry.target_id, entry.target_name),
        mode=entry.mode,
        detail=entry.detail,
        ip=entry.ip,
        user_agent=entry.user_agent,
    )
