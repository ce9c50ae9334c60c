"""Problem details (RFC 9457): what went wrong, where, and what to do."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import msgspec
import structlog
from flask import Blueprint, Flask, Response, g, request
from msgspec import UNSET, Meta, UnsetType
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as NoSuchPath

from webhooks_app.api.blueprint import bp
from webhooks_app.lib.errors import (
    DATABASE_AWAY,
    UNSTORABLE,
    Busy,
    Conflict,
    DailyLimit,
    NotFound,
    PlanLimit,
    TooOften,
    reason_of,
    why_away,
)
from webhooks_app.lib.logs import request_id
from webhooks_app.lib.pointers import MOST_FAULTS, Fault, Invalid

TYPES = "/docs/api#"
# Pollybot's clients show the `message` of an answer, whatever its status.
POLLYBOT = "/api/v1/chatbots/"
OF_DEVICES = ("authorization-pending", "slow-down", "access-denied", "expired-token")
PASSED_ON = ("Allow", "Retry-After")

log = structlog.get_logger(__name__)


class FaultAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One fault, and where it is: in the body, in the query or in a header."""

    detail: Annotated[str, Meta(description="What is wrong, as a sentence.")]
    pointer: Annotated[
        str | UnsetType,
        Meta(description="A JSON pointer into the body.", examples=["#/event_types/0"]),
    ] = UNSET
    parameter: Annotated[
        str | UnsetType, Meta(description="The name of a parameter in the path or query.")
    ] = UNSET
    header: Annotated[str | UnsetType, Meta(description="The name of a header.")] = UNSET


class ProblemAnswer(msgspec.Struct, frozen=True):
    """What went wrong, as RFC 9457 describes it."""

    type: Annotated[
        str,
        Meta(
            description="The kind of problem. It is the address of a page that says what to do.",
            extra_json_schema={"format": "uri-reference"},
        ),
    ]
    title: Annotated[str, Meta(description="The kind of problem in a few words.")]
    status: Annotated[int, Meta(description="The status of the answer.")]
    detail: Annotated[str, Meta(description="What went wrong this time, and what to do.")]
    errors: Annotated[
        list[FaultAnswer] | UnsetType, Meta(description="All errors, up to a hundred.")
    ] = UNSET
    request_id: Annotated[
        str | UnsetType,
        Meta(description="The same as in `X-Request-Id`. The log of the operator has it too."),
    ] = UNSET
    current: Annotated[
        msgspec.Raw | UnsetType,
        Meta(
            description="For a 412: the current state of the object.",
            extra_json_schema={"type": "object"},
        ),
    ] = UNSET
    error: Annotated[
        str | UnsetType, Meta(description="For a log-in by device: the error code of RFC 8628.")
    ] = UNSET
    message: Annotated[
        str | UnsetType, Meta(description="The same as `detail`, for clients of Pollybot.")
    ] = UNSET


class Problem(Exception):
    """An answer for what went wrong. `slug` names its kind, see docs/api.md."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        current: bytes | None = None,
    ) -> None:
        super().__init__(f"{status} {slug}: {detail}")
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.faults = faults
        self.headers = headers or {}
        self.current = current

    def response(self) -> Response:
        self._note()
        faults = [
            FaultAnswer(detail=fault.detail, **{fault.kind: fault.at})
            for fault in self.faults[:MOST_FAULTS]
        ]
        content = ProblemAnswer(
            TYPES + self.slug,
            self.title,
            self.status,
            self.detail,
            faults or UNSET,
            request_id(),
            UNSET if self.current is None else msgspec.Raw(self.current),
            self.slug.replace("-", "_") if self.slug in OF_DEVICES else UNSET,
            self.detail if request.path.startswith(POLLYBOT) else UNSET,
        )
        response = Response(
            msgspec.json.encode(content), self.status, mimetype="application/problem+json"
        )
        response.headers.update(self.headers)
        return response

    def _note(self) -> None:
        """Log a refusal, so that it can be found by the id in the answer.

        Requests of strangers and 429s are not logged.
        """
        if 400 <= self.status < 500 and self.status != 429 and "organisation_id" in g:
            log.info("refused", status=self.status, kind=self.slug)


def init_app(app: Flask) -> None:
    """A path without an endpoint never reaches a view, so this hook answers it.

    Pages keep their own.
    """
    app.before_request(_answer_unrouted)


def _answer_unrouted() -> Response | None:
    error = request.routing_exception
    if not request.path.startswith("/api/") or request.path.endswith((".md", "/llms.txt")):
        return None
    if isinstance(error, NoSuchPath):
        return Problem(404, "not-found", "Not found", "No such path. See /docs/api.").response()
    return _http_error(error) if isinstance(error, MethodNotAllowed) else None


def _problem(problem: Problem) -> Response:
    return problem.response()


INVALID = {
    400: ("malformed-json", "The body is not JSON"),
    413: ("payload-too-large", "Too large"),
    422: ("invalid-request", "The request is not valid"),
}


def _invalid(error: Invalid) -> Response:
    statuses = {fault.status for fault in error.faults}
    status = statuses.pop() if len(statuses) == 1 else 422
    first = error.faults[0]
    detail = first.detail if first.at == "#" else f"{first.at}: {first.detail}"
    if (more := min(len(error.faults), MOST_FAULTS) - 1) > 0:
        least = "At least " if len(error.faults) >= MOST_FAULTS else ""
        detail = f"{detail} {least}{more} more: see `errors`."
    return Problem(status, *INVALID[status], detail, faults=error.faults).response()


def _not_found(_: NotFound) -> Response:
    return Problem(
        404, "not-found", "Not found", "No such resource in your organisation."
    ).response()


def _conflict(error: Conflict) -> Response:
    return Problem(409, "conflict", "Conflict", str(error)).response()


def _busy(_: Busy) -> Response:
    detail = (
        "Your organisation's earlier events are still being matched against costly conditions. "
        "Nothing was stored. Try again in a moment."
    )
    return Problem(429, "busy", "Busy", detail, headers={"Retry-After": "1"}).response()


def _plan_limit(error: PlanLimit) -> Response:
    return Problem(403, "plan-limit", "Not in your plan", str(error)).response()


def _daily_limit(error: DailyLimit) -> Response:
    return Problem(429, "daily-limit", "Daily limit reached", str(error)).response()


def _too_often(error: TooOften) -> Response:
    headers = {"Retry-After": str(error.seconds)}
    return Problem(
        429, "too-many-requests", "Too many requests", str(error), headers=headers
    ).response()


def _too_large(_: RequestEntityTooLarge) -> Response:
    detail = f"The body can have at most {request.max_content_length} bytes."
    return _invalid(Invalid(Fault("#", detail, status=413)))


def _http_error(error: HTTPException) -> Response:
    headers = {name: value for name, value in error.get_headers() if name in PASSED_ON}
    slug = error.name.lower().replace(" ", "-")
    detail = error.description or error.name
    return Problem(error.code or 500, slug, error.name, detail, headers=headers).response()


def _database_away(error: Exception) -> Response:
    log.warning("database away", reason=reason_of(error))
    return Problem(
        503,
        "unavailable",
        "Temporarily unavailable",
        f"{why_away(error)} Your request may or may not have been stored. Send it again in a "
        "moment with the same Idempotency-Key.",
        headers={"Retry-After": "1"},
    ).response()


def _unexpected(_: Exception) -> Response:
    log.exception("request failed")
    return Problem(
        500, "internal-error", "Internal error", "The error is logged. Try again."
    ).response()


def _unstorable(_: Exception) -> Response:
    return _invalid(
        Invalid(
            Fault("#", "The request has something that cannot be stored, such as a NUL character.")
        )
    )


HANDLERS: Mapping[type[Exception], Callable[..., Response]] = {
    Problem: _problem,
    Invalid: _invalid,
    NotFound: _not_found,
    Conflict: _conflict,
    Busy: _busy,
    PlanLimit: _plan_limit,
    DailyLimit: _daily_limit,
    TooOften: _too_often,
    RequestEntityTooLarge: _too_large,
    HTTPException: _http_error,
    Exception: _unexpected,
    UNSTORABLE: _unstorable,
    **dict.fromkeys(DATABASE_AWAY, _database_away),
}


def register_problem_handlers(blueprint: Blueprint) -> None:
    """Answer errors in these views with problem details."""
    for kind, handler in HANDLERS.items():
        blueprint.register_error_handler(kind, handler)


register_problem_handlers(bp)
