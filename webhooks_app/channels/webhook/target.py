"""A URL, split into what libcurl needs and what is sent unchanged."""

from functools import lru_cache
from string import printable
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from webhooks_app.channels.webhook.failures import RequestNotSent
from webhooks_app.lib.ssrf import literal_address
from webhooks_app.vocabulary import Failure

DEFAULT_PORTS = {"http": 80, "https": 443}
SENT_AS_THEY_ARE = "".join(one for one in printable if one.isprintable() and one != " ")


class RequestTarget(NamedTuple):
    """`origin` is the URL up to the end of the host.

    `path` is sent as it was configured, byte for byte, except for characters that a request line
    cannot have. `name` is the host to look up; empty for an address.
    """

    origin: str
    path: str
    name: str
    host: str
    port: int
    tls: bool


@lru_cache(maxsize=4096)
def target_of(url: str) -> RequestTarget:
    """Raises ValueError for anything but an http or https URL."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    if not host or (not url.isascii() and not parts.netloc.isascii()) or port is None:
        raise RequestNotSent(Failure.CONNECT, "The URL is not valid")
    after_host = url.partition("://")[2][len(parts.netloc) :].partition("#")[0]
    path = quote(after_host, safe=SENT_AS_THEY_ARE)
    return RequestTarget(
        origin=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/",
        path=path if path.startswith("/") else f"/{path}",
        name="" if ":" in host or literal_address(host) else host,
        host=host,
        port=port,
        tls=parts.scheme == "https",
    )
