"""Check whether webhooks can be sent to a URL."""

import re
from posixpath import normpath
from urllib.parse import SplitResult, unquote, urlsplit

import idna

from webhooks_app.lib.ssrf import Guard, literal_address

LONGEST = 2000
RECEIVERS = ("/test-webhook/", "/api/test-webhook")
# A host with such a last label is an address (WHATWG URL, "ends in a number").
NUMERIC = re.compile(r"(^|\.)([0-9]+|0[xX][0-9a-fA-F]*)\.?$")
LONGEST_HOST = 253
DEFAULT_PORTS = {"http": 80, "https": 443}


class InvalidUrl(ValueError):
    """The URL is not valid; the message says what to change."""


def check_endpoint_url(url: str, guard: Guard, *, https_only: bool) -> str:
    """The URL with its host in ASCII. Raises `InvalidUrl`.

    `https_only` allows plain HTTP only to addresses that the operator allows. The address that a
    name resolves to is checked when a request is sent.
    """
    parts = _split(url)
    host = _ascii_host(parts)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    if (reason := guard.refusal_of_host(host, port)) is not None:
        raise InvalidUrl(
            f"{host} cannot be reached from here ({reason}). Use a public address, or ask the "
            "operator to allow that network."
        )
    _check_address(parts.hostname or "")
    if guard.is_own(host, port) and not _is_test_receiver(parts.path):
        raise InvalidUrl(
            "This URL leads back to this product, so events would go in a loop. To look at "
            "requests, use the URL of a test receiver."
        )
    if https_only and parts.scheme != "https" and not _allowed_only_by_operator(host):
        raise InvalidUrl("Use https. Requests over http can be read and changed in transit.")
    netloc = f"[{host}]" if ":" in host else host
    if parts.port is not None:
        netloc += f":{parts.port}"
    # Keep it as it was typed, even a trailing question mark: receivers may sign or compare it.
    after_host = url.partition("://")[2][len(parts.netloc) :].partition("#")[0]
    return f"{parts.scheme}://{netloc}{after_host}"


def origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of a URL; None for anything else."""
    try:
        parts = urlsplit(url)
        host = _ascii_host(parts)
        return parts.scheme, host, parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None


def _split(url: str) -> SplitResult:
    if not url or len(url) > LONGEST:
        raise InvalidUrl(f"Enter a URL of at most {LONGEST} characters.")
    if any(character <= " " or character == "\x7f" for character in url):
        raise InvalidUrl("A URL has no spaces or control characters; write a space as %20.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidUrl(f"This is not a URL: {error}.") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise InvalidUrl("Start the URL with https:// (or http:// in test mode).")
    if port == 0:
        raise InvalidUrl("The port must be from 1 to 65535.")
    if parts.username is not None or parts.password is not None:
        raise InvalidUrl("Put no user or password into the URL; use a custom header instead.")
    if parts.fragment:
        raise InvalidUrl("Remove the part after #: it is never sent to a server.")
    return parts


def _check_address(host: str) -> None:
    """The URL is sent as it was written, so everyone must read it as the same address."""
    if NUMERIC.search(host) and (address := literal_address(host)) != host:
        raise InvalidUrl(f"Write the address in full, such as {address or '203.0.113.7'}.")


def _is_test_receiver(path: str) -> bool:
    """In any spelling: a proxy in front of us may resolve `..` and escapes."""
    return normpath(unquote(path)).startswith(RECEIVERS) and ".." not in unquote(path)


def _ascii_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host or literal_address(host) is not None:
        return host
    try:
        ascii_host = ".".join(map(_ascii_label, host.rstrip(".").split(".")))
    except idna.IDNAError as error:
        raise InvalidUrl(f"{host or 'The host'} is not a valid host name.") from error
    if len(ascii_host) > LONGEST_HOST:
        raise InvalidUrl(f"A host name has at most {LONGEST_HOST} characters.")
    return ascii_host


def _ascii_label(label: str) -> str:
    """Underscores are not allowed in host names, but DNS and container networks use them."""
    if "_" in label and label.isascii():
        idna.encode(label.replace("_", "x"), uts46=True)
        return label
    return idna.encode(label, uts46=True).decode()


def _allowed_only_by_operator(host: str) -> bool:
    """For a host that the guard allows: whether it is public, so allowed without the operator."""
    address = "127.0.0.1" if host == "localhost" else literal_address(host)
    return address is not None and Guard().refusal(address) is not None
