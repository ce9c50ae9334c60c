"""Who asks: bearer keys, and what each may do."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import g, request

from webhooks_app.api.blueprint import bp
from webhooks_app.api.problems import Problem
from webhooks_app.extensions import db
from webhooks_app.pipeline.incoming import Tenant
from webhooks_app.services import audit_log, keys

SMALL_BODY = 1024 * 1024
LARGE_BODIES = frozenset({"api.create_events", "api.create_messages"})

P = ParamSpec("P")
R = TypeVar("R")


@bp.before_request
def authenticate() -> None:
    """Every endpoint needs a key. Sets `g.principal`, or raises a 401 `Problem`.

    Then the body is read, before any other query: a slow client holds no transaction open.
    """
    principal = keys.authenticate(db.engine, _bearer_token())
    if principal is None:
        raise _unauthorized("This API key is not known, or was revoked.")
    g.principal = principal
    audit_log.act_as(audit_log.Actor(principal.name))
    if request.endpoint not in LARGE_BODIES:
        request.max_content_length = SMALL_BODY
    request.get_data()


def requires(scope: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For views that only a key with `scope` may use."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if scope not in g.principal.scopes:
                raise _forbidden(scope)
            return view(*args, **kwargs)

        return guarded

    return guard


def tenant() -> Tenant:
    """The organisation and mode that the key belongs to."""
    principal: keys.Principal = g.principal
    return principal.tenant


def key_id() -> str:
    principal: keys.Principal = g.principal
    return principal.key_id


def _bearer_token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthorized("Send an API key as `Authorization: Bearer hk_…`.")
    return token.strip()


def _unauthorized(detail: str) -> Problem:
    return Problem(
        401, "unauthorized", "No valid API key", detail, headers={"WWW-Authenticate": "Bearer"}
    )


def _forbidden(scope: str) -> Problem:
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    return Problem(
        403,
        "insufficient-scope",
        "This key may not do that",
        f"It needs the scope `{scope}`.",
        headers={"WWW-Authenticate": challenge},
    )
