"""A signed cookie in which a browser remembers the accounts that were logged in with it.

Wrong passwords from such a device are counted separately, so that a stranger who knows an e-mail
cannot lock its owner out (OWASP calls it a device cookie). It gives no access.
"""

from secrets import token_urlsafe
from typing import NamedTuple

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadData, URLSafeSerializer

from webhooks_app.lib.crypto import digest
from webhooks_app.parts import parts

KEPT_SECONDS = 400 * 86400
MOST_ACCOUNTS = 5
UNKNOWN = ""


class _Device(NamedTuple):
    """`accounts` are digests of e-mails, the last one to log in first."""

    id: str
    accounts: list[str]


def known_as(email: str) -> str:
    """The id of this device if that account was logged in with it, otherwise `UNKNOWN`."""
    device = _read()
    return device.id if _mark(email) in device.accounts else UNKNOWN


def remember(email: str) -> None:
    """Remember the account on this device, with the answer to this request."""
    device = _read()
    others = [one for one in device.accounts if one != _mark(email)]
    kept = _serializer().dumps([device.id, [_mark(email), *others][:MOST_ACCOUNTS]])

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            parts().settings.cookie_name("device"),
            kept,
            max_age=KEPT_SECONDS,
            secure=parts().settings.is_https,
            httponly=True,
            samesite="Lax",
        )
        return response


def _read() -> _Device:
    try:
        kept = _serializer().loads(request.cookies.get(parts().settings.cookie_name("device"), ""))
        return _Device(*kept)
    except BadData:
        return _Device(token_urlsafe(16), [])


def _mark(email: str) -> str:
    return digest(email.strip().lower())[:16]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="device")
