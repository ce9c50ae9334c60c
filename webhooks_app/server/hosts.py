"""The host names of this site: refuse requests for any other name."""

import re
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from webhooks_app.server.refusal import UNKNOWN_HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([1-9][0-9]{0,4}))?", re.IGNORECASE)
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
ANY = "*"


class TrustedHosts:
    """WSGI around Flask, which cannot make an error page for a host that it cannot parse."""

    def __init__(self, app: "WSGIApplication", trusted: Collection[str]) -> None:
        self._app = app
        self._is_trusted = kept(trusted)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if self._is_trusted(environ.get("HTTP_HOST", "")):
            return self._app(environ, start_response)
        path, given_id = environ.get("PATH_INFO", ""), environ.get("HTTP_X_REQUEST_ID")
        content, headers = UNKNOWN_HOST.rendered(path, given_id)
        headers["content-length"] = str(len(content))
        start_response("400 Bad Request", list(headers.items()))
        return [content]


def kept(trusted: Collection[str]) -> Callable[[str], bool]:
    """`is_trusted` for these names, with cached answers."""
    return lru_cache(256)(lambda host: is_trusted(host, trusted))


def is_trusted(host: str, trusted: Collection[str]) -> bool:
    """Whether a `Host` header names us: a `trusted` name, an address, or a name without a dot.

    `.example.com` means all names below it, `*` every name. Addresses and names without a dot are
    safe: an attacker who points a name at our address (DNS rebinding) needs a public name. A
    missing header means HTTP/1.0.
    """
    if host == "":
        return True
    found = HOST.fullmatch(host)
    if found is None or int(found[2] or 1) > 65_535:
        return False
    name = found[1].lower()
    return _is_address(name) or (_is_name(name) and _is_one_of(name, trusted))


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _is_name(name: str) -> bool:
    """Also by the rules for international names, which Flask applies later."""
    try:
        name.encode().decode("idna")
    except UnicodeError:
        return False
    return all(LABEL.fullmatch(label) for label in name.split("."))


def _is_one_of(name: str, trusted: Collection[str]) -> bool:
    if "." not in name or ANY in trusted or name in trusted:
        return True
    return any(one.startswith(".") and name.endswith(one) for one in trusted)
