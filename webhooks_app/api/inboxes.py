"""/inboxes: test receivers, and what they were sent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

import msgspec
from flask import Response, url_for
from msgspec import Meta

from webhooks_app.api import auth, bodies, queries
from webhooks_app.api.answers import PageAnswer, answer, no_content
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.queries import LONGEST_WAIT
from webhooks_app.api.shapes import Moment, optional_moment
from webhooks_app.api.waiting import waited
from webhooks_app.extensions import db
from webhooks_app.inbox import inboxes as service
from webhooks_app.inbox import requests as inbox_requests
from webhooks_app.inbox.inboxes import LONGEST_DELAY, CannedAnswer, InboxSummary
from webhooks_app.inbox.requests import RequestView
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import Inbox
from webhooks_app.parts import parts

SHARED = "A test key cannot change an inbox to which a live webhook sends."


class AnswerBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The answer that senders get."""

    status: Annotated[int, Meta(ge=200, le=599)] = 200
    delay_ms: Annotated[int, Meta(ge=0, le=LONGEST_DELAY * 1000)] = 0
    body: Annotated[str, Meta(description="The body of the answer, up to 4,096 bytes.")] = (
        CannedAnswer().body
    )
    content_type: Literal["json", "text"] = "json"

    def canned(self) -> CannedAnswer:
        """Raises `Invalid`."""
        if (fault := service.fault_of_body(self.body)) is not None:
            raise Invalid(Fault("#/answer/body", fault))
        return CannedAnswer(self.status, self.delay_ms, self.body, self.content_type)


class NewInbox(msgspec.Struct, forbid_unknown_fields=True):
    """A new inbox."""

    name: str
    secret: Annotated[
        str,
        Meta(
            description="The secret for checking signatures. Without it, signatures are "
            "not checked."
        ),
    ] = ""
    answer: AnswerBody | None = None


class InboxPatch(msgspec.Struct, forbid_unknown_fields=True):
    """Changes to an inbox."""

    answer: AnswerBody


class RequestQuery(msgspec.Struct, forbid_unknown_fields=True):
    after: Annotated[
        str, Meta(description="The id of a request. The answer has only the requests after it.")
    ] = ""
    wait: Annotated[
        int,
        Meta(ge=0, le=LONGEST_WAIT, description="How many seconds to wait for a newer request."),
    ] = 0


class InboxAnswer(msgspec.Struct, frozen=True):
    """A private URL that shows what is sent to it."""

    id: str
    name: str
    url: Annotated[
        str, Meta(description="The URL to send to. It accepts POST and PUT without a key.")
    ]
    answer: AnswerBody
    checks_signatures: bool
    requests: Annotated[int, Meta(description="How many requests are kept.")]
    last_received_at: Moment | None
    created_at: Moment


class SignatureAnswer(msgspec.Struct, frozen=True):
    """Whether the signature is right."""

    verified: Annotated[
        bool | None,
        Meta(description="Whether the signature is right; null when nothing could be checked."),
    ]
    wire_format: Annotated[
        str | None, Meta(description="The wire format, recognised by the headers.")
    ]
    why: Annotated[str, Meta(description="The reason, as a sentence.")]


class InboxRequestAnswer(msgspec.Struct, frozen=True):
    """A request that an inbox received."""

    id: str
    received_at: Moment
    method: str
    source: Annotated[str, Meta(description="The sender's IP address.")]
    event: Annotated[
        str, Meta(description="The event type that was found in the request, or empty.")
    ]
    delivery_id: Annotated[str, Meta(description="Empty if none was found.")]
    headers: Annotated[
        list[tuple[str, str]],
        Meta(
            description="Names and values, without credentials. A name can appear more than once."
        ),
    ]
    body: Annotated[
        str, Meta(description="The body. JSON is indented, and in lists long bodies are cut.")
    ]
    size: Annotated[int, Meta(description="The size of the body in bytes.")]
    lead: Annotated[
        Mapping[str, str], Meta(description="The lead in the request, as far as one was found.")
    ]
    answered_status: int
    signature: SignatureAnswer


@bp.get("/inboxes")
@operation(
    Operation(
        summary="List inboxes",
        tag="Inboxes",
        answers={200: PageAnswer[InboxAnswer]},
        description=f"Oldest first, all on one page: there are up to {service.MOST}.",
    )
)
@auth.requires("inboxes:read")
def list_inboxes() -> Response:
    found = service.list_inboxes(db.session(), _organisation_id())
    return answer(PageAnswer([_shown(one) for one in found], None))


@bp.post("/inboxes")
@operation(
    Operation(
        summary="Create an inbox",
        tag="Inboxes",
        body=NewInbox,
        answers={201: InboxAnswer},
        description="A private URL for a webhook under development. Live and test share inboxes.",
        location=True,
    )
)
@auth.requires("inboxes:write")
def create_inbox() -> Response:
    body = bodies.read(NewInbox)
    canned = body.answer.canned() if body.answer else None
    row = service.open_inbox(
        db.session(), _organisation_id(), body.name, body.secret, parts().vault, canned
    )
    response = answer(_one(row), 201)
    response.headers["Location"] = url_for("api.read_inbox", inbox_id=row.id)
    return response


@bp.get("/inboxes/<inbox_id>")
@operation(
    Operation(
        summary="Read an inbox",
        tag="Inboxes",
        answers={200: InboxAnswer},
        volatile=("requests", "last_received_at"),
    )
)
@auth.requires("inboxes:read")
def read_inbox(inbox_id: str) -> Response:
    return answer(_one(_load(inbox_id)))


@bp.patch("/inboxes/<inbox_id>")
@operation(
    Operation(
        summary="Change an inbox's answer",
        tag="Inboxes",
        body=InboxPatch,
        answers={200: InboxAnswer},
        description=f"Sets how the inbox answers, to try out failures. {SHARED}",
        problems=("conflict",),
    )
)
@auth.requires("inboxes:write")
def update_inbox(inbox_id: str) -> Response:
    row = service.find_to_change(db.session(), auth.tenant(), inbox_id)
    service.set_answer(db.session(), row, bodies.read(InboxPatch).answer.canned())
    return answer(_one(row))


@bp.delete("/inboxes/<inbox_id>")
@operation(
    Operation(
        summary="Delete an inbox",
        tag="Inboxes",
        answers={204: None},
        description=f"Deletes the inbox and all its requests. {SHARED}",
        problems=("conflict",),
    )
)
@auth.requires("inboxes:write")
def delete_inbox(inbox_id: str) -> Response:
    row = service.find_to_change(db.session(), auth.tenant(), inbox_id)
    service.close_inbox(db.session(), row)
    return no_content()


@bp.get("/inboxes/<inbox_id>/requests")
@operation(
    Operation(
        summary="List the requests of an inbox",
        tag="Inboxes",
        query=RequestQuery,
        answers={200: PageAnswer[InboxRequestAnswer]},
        description=f"Newest first, all on one page: up to {inbox_requests.KEPT} are kept. With "
        "`wait` the answer comes as soon as there is a newer request. If too many "
        "requests wait already, it comes at once, with `Retry-After`.",
    )
)
@auth.requires("inboxes:read")
def list_inbox_requests(inbox_id: str) -> Response:
    query = queries.read(RequestQuery)
    _load(inbox_id)
    had_room = not query.wait or waited(
        timedelta(seconds=query.wait),
        lambda until: inbox_requests.wait_for_request(db.engine, inbox_id, query.after, until),
    )
    inbox = _load(inbox_id)
    found = inbox_requests.requests_of(db.session(), inbox, parts().vault, query.after)
    response = answer(PageAnswer([_request(one) for one in found], None))
    if not (found or had_room):
        response.headers["Retry-After"] = "1"
    return response


@bp.get("/inboxes/<inbox_id>/requests/<request_id>")
@operation(
    Operation(
        summary="Read a request of an inbox", tag="Inboxes", answers={200: InboxRequestAnswer}
    )
)
@auth.requires("inboxes:read")
def read_inbox_request(inbox_id: str, request_id: str) -> Response:
    inbox = _load(inbox_id)
    found = inbox_requests.request_of(db.session(), inbox, request_id, parts().vault)
    return answer(_request(found))


@bp.delete("/inboxes/<inbox_id>/requests")
@operation(
    Operation(
        summary="Clear an inbox",
        tag="Inboxes",
        answers={204: None},
        description=f"Deletes the requests. The inbox stays. {SHARED}",
        problems=("conflict",),
    )
)
@auth.requires("inboxes:write")
def clear_inbox(inbox_id: str) -> Response:
    inbox_requests.clear(
        db.session(), service.find_to_change(db.session(), auth.tenant(), inbox_id)
    )
    return no_content()


def _organisation_id() -> str:
    return auth.tenant().organisation_id


def _load(inbox_id: str) -> Inbox:
    return service.find_by_id(db.session(), _organisation_id(), inbox_id)


def _one(row: Inbox) -> InboxAnswer:
    return _shown(service.summary_of(db.session(), row))


def _shown(summary: InboxSummary) -> InboxAnswer:
    row, canned = summary.inbox, service.answer_of(summary.inbox)
    return InboxAnswer(
        id=row.id,
        name=row.name,
        url=url_for("receiver.receive", token=row.token, _external=True),
        answer=AnswerBody(canned.status, canned.delay_ms, canned.body, canned.content_type),  # type: ignore[arg-type]
        checks_signatures=row.sealed_secret is not None or row.subscription_id is not None,
        requests=summary.requests,
        last_received_at=optional_moment(summary.last_received_at),
        created_at=rfc3339(row.created_at),
    )


def _request(view: RequestView) -> InboxRequestAnswer:
    return InboxRequestAnswer(
        id=view.id,
        received_at=rfc3339(view.received_at),
        method=view.method,
        source=view.source,
        event=view.event,
        delivery_id=view.delivery_id,
        headers=[(name, value) for name, value in view.headers],
        body=view.body,
        size=view.size,
        lead=view.lead,
        answered_status=view.answered.status,
        signature=SignatureAnswer(
            view.verdict.verified, view.verdict.wire_format, view.verdict.why
        ),
    )
