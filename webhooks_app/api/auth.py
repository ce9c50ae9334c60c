"""Authentication: bearer keys (for some calls sessions) and what each may do."""

from collections.abc import Callable, Collection
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from flask import current_app, g, request

from webhooks_app.api import session_door
from webhooks_app.api.operation import Operation, current_operation, operation_of
from webhooks_app.api.problems import Problem
from webhooks_app.extensions import db
from webhooks_app.lib.body_limits import FORM, largest_body, takes
from webhooks_app.lib.tenant import Tenant
from webhooks_app.operations.replica_reads import SAFE_METHODS, answered
from webhooks_app.organisations import audit_log
from webhooks_app.people.key_check import KeyRefused, Principal, authenticate_key, is_key
from webhooks_app.vocabulary import ActorKind, Mode

KEY_PREFIX = "hk_"

P = ParamSpec("P")
R = TypeVar("R")


def authenticate() -> None:
    """Require a key, or a session where the operation is open to one.

    Sets `g.principal`, or raises a 401 `Problem`.
    """
    token = bearer_token(request.headers.get("Authorization", ""))
    view = current_app.view_functions[request.endpoint or ""]
    if not operation_of(view).by_session or (token or "").startswith(KEY_PREFIX):
        require_key()
        return
    request.get_data()
    g.principal = session_door.principal(token)
    g.organisation_id = g.principal.organisation_id
    g.by_session = True


def require_key() -> None:
    """Set `g.principal` to the holder of the key, or raise a 401 `Problem`.

    The body is read before any query except the one for the key, so a slow client holds no
    transaction open.
    """
    g.principal = _holder_of(bearer_token(request.headers.get("Authorization", "")))
    g.organisation_id = g.principal.organisation_id
    request.get_data()


def _holder_of(token: str | None) -> Principal:
    if token is None:
        raise _unauthorized("Send an API key as `Authorization: Bearer hk_…`.")
    try:
        principal = authenticate_key(db.engine, token, request.remote_addr)
    except KeyRefused as error:
        raise _unauthorized(str(error)) from error
    audit_log.act_as(audit_log.Actor(ActorKind.API_KEY, principal.name, principal.key_id))
    return principal


def requires(scope: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For views that need a key with `scope`, or a session whose role allows it."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @takes(max(FORM, largest_body(view)))
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if scope not in scopes():
                raise _role_forbids() if g.get("by_session") else lacks(scope)
            if request.method not in SAFE_METHODS or not current_operation().is_list:
                return view(*args, **kwargs)
            return answered(key_id(), partial(view, *args, **kwargs))

        guarded.scope = scope  # type: ignore[attr-defined]
        return guarded

    return guard


def may(wanted: Operation) -> bool:
    """Whether the key or session allows it, as `requires` checks."""
    return wanted.scope is None or wanted.scope in scopes()


def requires_live(view: Callable[P, R]) -> Callable[P, R]:
    """Guard what live and test share: a test key must not change what live mode uses."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if tenant().mode != Mode.LIVE:
            raise Problem(
                403,
                "live-key-needed",
                "This key may not do that",
                "Live and test share this. Use a live key, or change it in the dashboard.",
            )
        return view(*args, **kwargs)

    guarded.live_only = True  # type: ignore[attr-defined]
    return guarded


def tenant() -> Tenant:
    """The organisation and mode that the key belongs to."""
    principal: Principal = g.principal
    return principal.tenant


def scopes() -> Collection[str]:
    principal: Principal = g.principal
    return principal.scopes


def key_id() -> str:
    principal: Principal = g.principal
    return principal.key_id


def key_name() -> str:
    """What people call the key."""
    principal: Principal = g.principal
    return principal.name


def is_known_key(authorization: str) -> bool:
    """Whether that header holds a valid API key."""
    token = bearer_token(authorization)
    return token is not None and is_key(db.engine, token)


def bearer_token(authorization: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _unauthorized(detail: str) -> Problem:
    return Problem(
        401, "unauthorized", "No valid API key", detail, headers={"WWW-Authenticate": "Bearer"}
    )


def lacks(scope: str) -> Problem:
    """The key has no such scope."""
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    return Problem(
        403,
        "insufficient-scope",
        "This key may not do that",
        f"This call needs the scope `{scope}`.",
        headers={"WWW-Authenticate": challenge},
    )


def _role_forbids() -> Problem:
    return Problem(
        403,
        "forbidden",
        "Your role does not allow this",
        "Viewers can only read. Ask an owner or admin of the organisation to make this change.",
    )
