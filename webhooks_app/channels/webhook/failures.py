"""From exceptions of the HTTP client to a kind of failure and a sentence for the log."""

import os

import aiohttp

from webhooks_app.lib.ssrf import refusal_in
from webhooks_app.vocabulary import Failure


def explain(error: BaseException, timeout: aiohttp.ClientTimeout) -> tuple[Failure, str]:
    """The kind of failure and what a person can make of it."""
    refused = refusal_in(error)
    if refused is not None:
        return (
            Failure.REFUSED,
            f"Not sent: {refused.address} is refused ({refused.reason}). Deliveries reach public "
            "addresses only, unless the operator allows a network.",
        )
    match error:
        case aiohttp.ClientConnectorDNSError():
            return Failure.DNS, f"The name {error.host} could not be resolved"
        case aiohttp.ClientConnectorCertificateError():
            return Failure.TLS, f"The certificate is not valid: {_short(error.certificate_error)}"
        case aiohttp.ClientSSLError():
            return Failure.TLS, f"TLS failed: {_short(error.os_error)}"
        case aiohttp.ConnectionTimeoutError():
            return Failure.CONNECT, f"No connection within {timeout.connect:g} s"
        case TimeoutError():
            return Failure.TIMEOUT, f"No complete answer within {timeout.total:g} s"
        case aiohttp.ClientConnectorError():
            return Failure.CONNECT, f"Could not connect: {_short(error.os_error)}"
        case aiohttp.ServerDisconnectedError():
            return Failure.NETWORK, "The endpoint closed the connection without an answer"
        case aiohttp.InvalidURL():
            return Failure.CONNECT, "The URL is not valid"
        case aiohttp.ClientPayloadError():
            return Failure.NETWORK, "The answer broke off"
        case aiohttp.ClientResponseError():
            return Failure.NETWORK, "The answer is not valid HTTP"
        case _:
            return Failure.NETWORK, f"The connection failed: {_short(error)}"


def _short(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return (str(error) or type(error).__name__)[:200]
