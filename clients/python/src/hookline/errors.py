"""What can go wrong, as exceptions. All of them are a `HooklineError`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class HooklineError(Exception):
    """The base of every error of this library."""


class SettingsError(HooklineError):
    """No key, no such profile, or settings that contradict each other."""


class ConnectionFailed(HooklineError):
    """No answer came, after all retries. What was asked may have happened all the same."""


class UnexpectedAnswer(HooklineError):
    """An answer that does not come from this API, such as a proxy's page."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"The answer {status} is not from the API: {text[:200]}")
        self.status = status


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request, and where.

    `pointer` leads into the body (`#/url`), `parameter` names a query parameter, `header` a header.
    """

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None

    @property
    def where(self) -> str:
        return self.pointer or self.parameter or self.header or ""


class Problem(HooklineError):
    """The API refused a request (RFC 9457). `kind` is stable, `detail` is for people.

    Quote `request_id` to the operator, who finds the request in the log by it.
    """

    def __init__(self, members: Mapping[str, Any], status: int, retry_after: float | None) -> None:
        self.type = str(members.get("type", "about:blank"))
        self.kind = self.type.rpartition("#")[2]
        self.title = str(members.get("title", ""))
        self.status = status
        self.detail = str(members.get("detail", ""))
        self.errors: Sequence[Fault] = tuple(
            Fault(
                str(one.get("detail", "")),
                one.get("pointer"),
                one.get("parameter"),
                one.get("header"),
            )
            for one in members.get("errors") or ()
        )
        self.request_id: str | None = members.get("request_id")
        self.current: Mapping[str, Any] | None = members.get("current")
        self.retry_after = retry_after
        super().__init__(self.detail or self.title)


class BadRequest(Problem):
    """The request is not what the API reads: 400, 405, 408, 413 or 415."""


class Unauthorized(Problem):
    """The key is unknown, revoked or expired."""


class Forbidden(Problem):
    """The key may not do that."""


class InsufficientScope(Forbidden):
    """The key lacks the scope that `detail` names."""


class PlanLimit(Forbidden):
    """The limit of the organisation's plan is reached."""


class NotFound(Problem):
    """Nothing with that id exists in this organisation and mode."""


class Conflict(Problem):
    """The current state does not allow it; `detail` says what would help."""


class IdempotencyKeyInUse(Conflict):
    """The first request with this key still runs, or its answer was lost."""


class ChangedMeanwhile(Problem):
    """Someone changed the object since you read it; `current` is how it is now."""


class Invalid(Problem):
    """`errors` says what is wrong with the request, and where."""


class IdempotencyKeyReused(Invalid):
    """The key or id was already used for something else."""


class LoopDetected(Invalid):
    """A webhook sends events back to Hookline."""


class RateLimited(Problem):
    """Too many requests; wait for `retry_after` seconds, or send batches."""


class ServerError(Problem):
    """Hookline failed; try again."""


class Unavailable(ServerError):
    """Temporarily unavailable; what was asked may have been stored."""


BY_KIND: Mapping[str, type[Problem]] = {
    "insufficient-scope": InsufficientScope,
    "plan-limit": PlanLimit,
    "idempotency-key-in-use": IdempotencyKeyInUse,
    "idempotency-key-reused": IdempotencyKeyReused,
    "loop-detected": LoopDetected,
}
BY_STATUS: Mapping[int, type[Problem]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: ChangedMeanwhile,
    422: Invalid,
    429: RateLimited,
    503: Unavailable,
}


def problem(members: Mapping[str, Any], status: int, retry_after: float | None) -> Problem:
    """The exception for a problem document. New kinds get the class of their status."""
    kind = str(members.get("type", "")).rpartition("#")[2]
    fallback = ServerError if status >= 500 else BadRequest
    found = BY_KIND.get(kind) or BY_STATUS.get(status, fallback)
    return found(members, status, retry_after)
