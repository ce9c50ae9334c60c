"""The dashboard's session in place of a key, for the calls of the Pollybot document.

The document makes these calls "by session cookie". Its example sends the cookie's value as a bearer
token; that works too.
"""

from flask import current_app, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import current_user
from itsdangerous import BadSignature

from webhooks_app.api.problems import Problem
from webhooks_app.extensions import db
from webhooks_app.lib.errors import NotFound
from webhooks_app.organisations import audit_log
from webhooks_app.parts import parts
from webhooks_app.people import workspaces
from webhooks_app.people.key_check import Principal

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
READS, CHANGES = ("webhooks:read",), ("webhooks:read", "webhooks:write")


def principal(token: str | None) -> Principal:
    """Who is logged in, by the cookie or by `token` in its place, and what their role allows.

    Raises a 401 `Problem` for strangers, a 403 one for a request that another site's page made the
    browser send, and `NotFound` for someone without an organisation.
    """
    if token is None:
        _refuse_other_origins()
    else:
        _open_session(token)
    if not current_user.is_authenticated:
        raise _stranger()
    audit_log.act_as(audit_log.Actor.person(current_user))
    here = workspaces.last(db.session(), current_user, session)
    if here is None:
        raise NotFound
    if token is not None:
        session.modified = False
    return Principal(
        key_id=current_user.id,
        organisation_id=here.organisation.id,
        mode=here.mode.value,
        scopes=CHANGES if here.may_change else READS,
        last_used_at=None,
        name=current_user.email,
        plan=here.organisation.plan,
    )


def _open_session(token: str) -> None:
    """For this request, the token replaces the cookie.

    Browsers never send a token by themselves, so the origin is not checked.
    """
    interface = current_app.session_interface
    assert isinstance(interface, SecureCookieSessionInterface)
    serializer = interface.get_signing_serializer(current_app)
    assert serializer is not None
    lifetime = int(current_app.permanent_session_lifetime.total_seconds())
    try:
        kept = serializer.loads(token, max_age=lifetime)
    except BadSignature as error:
        raise _stranger() from error
    session.clear()
    session.update(kept)


def _refuse_other_origins() -> None:
    """Browsers add the cookie to requests from any site, but they name that site.

    All send `Origin` with changes, newer ones `Sec-Fetch-Site`.
    """
    if request.method in SAFE_METHODS:
        return
    scheme = "https" if parts().settings.is_https else request.scheme
    own = {"Origin": f"{scheme}://{request.host}", "Sec-Fetch-Site": "same-origin"}
    if any(request.headers.get(name, value) != value for name, value in own.items()):
        raise Problem(
            403,
            "cross-origin",
            "Sent from another site",
            "With a session cookie, only pages of this site can make changes.",
        )


def _stranger() -> Problem:
    return Problem(
        401,
        "unauthorized",
        "Not logged in",
        "Log in and send the session's cookie, or send an API key as `Authorization: Bearer hk_…`.",
        headers={"WWW-Authenticate": "Bearer"},
    )
