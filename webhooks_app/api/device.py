"""/device: a program gets a key when someone approves it in the dashboard (RFC 8628)."""

from typing import Annotated

import msgspec
from flask import Blueprint, Response, request, url_for
from msgspec import Meta

from webhooks_app.api import bodies
from webhooks_app.api.answers import answer, no_content
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.problems import Problem, register_problem_handlers
from webhooks_app.api.shapes import Moment, optional_moment
from webhooks_app.extensions import csrf, db
from webhooks_app.lib.addresses import network_of
from webhooks_app.lib.crypto import digest
from webhooks_app.lib.times import utcnow
from webhooks_app.parts import parts
from webhooks_app.people import api_keys
from webhooks_app.people import device_log_ins as service
from webhooks_app.people.api_keys import PRESETS

BEGIN_RATE, ASK_RATE = "20 per minute", "120 per minute"  # from one address, or by one code
GRANT = "urn:ietf:params:oauth:grant-type:device_code"

bp = Blueprint("device_api", __name__, url_prefix="/api/v1/device")
csrf.exempt(bp)
register_problem_handlers(bp)


class DeviceBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which program asks for a key."""

    client: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=service.LONGEST_CLIENT,
            description="The name that the approving person sees.",
            examples=["hookline on ada-laptop"],
        ),
    ]
    preset: Annotated[
        str,
        Meta(
            description="What the key may do. Whoever approves it can choose something else.",
            extra_json_schema={"enum": list(PRESETS)},
        ),
    ] = service.DEFAULT_PRESET


class DeviceAnswer(msgspec.Struct, frozen=True):
    """A code to compare, and a page on which to approve it."""

    device_code: Annotated[str, Meta(description="Only for the program: it asks with this.")]
    user_code: Annotated[
        str, Meta(description="The code that the person compares in the dashboard.")
    ]
    verification_uri: str
    verification_uri_complete: Annotated[str, Meta(description="The same with the code.")]
    expires_in: Annotated[int, Meta(description="Seconds.")]
    interval: Annotated[int, Meta(description="Seconds between two questions.")]


class TokenBody(msgspec.Struct, forbid_unknown_fields=True):
    """Asks whether the log-in was approved."""

    device_code: str
    grant_type: Annotated[str, Meta(extra_json_schema={"const": GRANT})] = GRANT


class TokenAnswer(msgspec.Struct, frozen=True):
    """A new API key. Only this answer shows it."""

    access_token: str
    token_type: Annotated[str, Meta(description="`Bearer`.")]
    scope: Annotated[str, Meta(description="The scopes, with spaces between.")]
    key_id: str
    name: str
    mode: str
    organisation: str
    expires_at: Moment | None


class RevocationBody(msgspec.Struct, forbid_unknown_fields=True):
    """A key to end."""

    token: str


@bp.post("/authorization")
@operation(
    Operation(
        summary="Begin a log-in",
        tag="Log-in",
        body=DeviceBody,
        answers={200: DeviceAnswer},
        description="Show `user_code` and `verification_uri` to the person, then ask for the key "
        "every `interval` seconds. It needs no key.",
        problems=("too-many-requests", "unavailable"),
        knows_repeats=True,
        public=True,
    )
)
def begin_log_in() -> Response:
    body = bodies.read(DeviceBody)
    _count(BEGIN_RATE, "device")
    ip = request.remote_addr or ""
    try:
        begun = service.begin(db.session(), body.client, body.preset, ip, utcnow())
    except service.TooMany as error:
        raise _too_many("Too many log-ins wait already. Try again in a minute.", 60) from error
    return answer(
        DeviceAnswer(
            device_code=begun.device_code,
            user_code=begun.user_code,
            verification_uri=url_for("device.show", _external=True),
            verification_uri_complete=url_for("device.show", code=begun.user_code, _external=True),
            expires_in=int(service.LIVES.total_seconds()),
            interval=service.INTERVAL,
        )
    )


@bp.post("/token")
@operation(
    Operation(
        summary="Ask for the key",
        tag="Log-in",
        body=TokenBody,
        answers={200: TokenAnswer},
        description="Once someone has approved it, this gives the key, once. Until then it is "
        "`authorization-pending`. Problems have `error` as in RFC 8628.",
        problems=(
            "authorization-pending",
            "slow-down",
            "access-denied",
            "expired-token",
            "too-many-requests",
            "unavailable",
        ),
        knows_repeats=True,
        public=True,
    )
)
def ask_for_key() -> Response:
    body = bodies.read(TokenBody)
    _count(ASK_RATE, "device-token", digest(body.device_code))
    granted = _asked(body.device_code)
    key = granted.key
    return answer(
        TokenAnswer(
            access_token=granted.token,
            token_type="Bearer",  # noqa: S106 - a kind
            scope=" ".join(key.scopes),
            key_id=key.id,
            name=key.name,
            mode=key.mode,
            organisation=granted.organisation,
            expires_at=optional_moment(key.expires_at),
        )
    )


@bp.post("/revocation")
@operation(
    Operation(
        summary="Revoke a key by itself",
        tag="Log-in",
        body=RevocationBody,
        answers={204: None},
        description="Whoever has a key can end it, whatever its scopes (RFC 7009). For one that is "
        "unknown or has ended, the answer is the same.",
        problems=("too-many-requests", "unavailable"),
        knows_repeats=True,
        public=True,
    )
)
def revoke_token() -> Response:
    body = bodies.read(RevocationBody)
    _count(BEGIN_RATE, "device-revocation")
    api_keys.revoke_by_token(db.session(), body.token)
    return no_content()


def _asked(device_code: str) -> service.Granted:
    try:
        return service.ask(db.session(), device_code, utcnow())
    except service.NotYet as error:
        raise Problem(
            400, "authorization-pending", "Not approved yet", "Ask again after `interval` seconds."
        ) from error
    except service.TooSoon as error:
        raise Problem(
            400, "slow-down", "Too soon", "Ask 5 seconds less often than until now."
        ) from error
    except service.Refused as error:
        raise Problem(
            400, "access-denied", "Refused", "The log-in was refused in the dashboard."
        ) from error
    except service.Expired as error:
        _count(ASK_RATE, "device-unknown")
        raise Problem(
            400, "expired-token", "Expired", "This code has expired or was used. Begin again."
        ) from error


def _count(limit: str, what: str, key: str | None = None) -> None:
    """For `key`, or else for the address."""
    allowance = parts().rates.count(limit, what, key or network_of(request.remote_addr or ""))
    if allowance.exceeded:
        seconds = allowance.seconds_left
        raise _too_many(
            f"{allowance.limit} requests are possible. Try again in {seconds} s.", seconds
        )


def _too_many(detail: str, seconds: int) -> Problem:
    headers = {"Retry-After": str(seconds)}
    return Problem(429, "too-many-requests", "Too many requests", detail, headers=headers)
