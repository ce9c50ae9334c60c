"""Turn libcurl's errors into a kind of failure and a sentence for the log."""

import errno
import os
from typing import NamedTuple

import pycurl

from webhooks_app.channels.webhook.answer import Head
from webhooks_app.lib.ssrf import RefusedAddress
from webhooks_app.vocabulary import Failure

# Error codes of libcurl that pycurl has no name for.
WEIRD_SERVER_REPLY, HTTP2_STREAM, TOO_LARGE = 8, 92, 100
NOT_HTTP = (
    pycurl.E_UNSUPPORTED_PROTOCOL,
    WEIRD_SERVER_REPLY,
    pycurl.E_HTTP2,
    HTTP2_STREAM,
    TOO_LARGE,
)
UNTRUSTED = (
    "is signed by an authority that is not trusted here, or the endpoint does not send an "
    "intermediate certificate"
)
# By OpenSSL's X509_V_ERR_…, except 1, which libcurl gives when the names differ.
CERTIFICATES = {
    1: "is for another host than {host}",
    7: "is not signed by the authority it names",
    9: "is not valid yet",
    10: "has expired",
    18: "is self-signed, so no authority confirms it",
    19: UNTRUSTED,
    20: UNTRUSTED,
    21: UNTRUSTED,
    23: "has been revoked",
}
HANDSHAKES = {
    "wrong version number": "The endpoint does not speak TLS on this port",
    "unexpected eof": "The endpoint closed the connection during the TLS handshake",
    "protocol version": "The endpoint offers no secure TLS version",
    "unsupported protocol": "The endpoint offers no secure TLS version",
}
RESET = (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED)

Named = tuple[Failure, str]


class RequestNotSent(Exception):
    """The request could not be sent; the message says why."""

    def __init__(self, failure: Failure, message: str) -> None:
        super().__init__(message)
        self.failure = failure


class Limits(NamedTuple):
    """Seconds for connecting, name look-up included, and for the whole request."""

    connect: float
    total: float

    def less(self, seconds: float) -> "Limits":
        return Limits(self.connect - seconds, self.total - seconds)


class Ending(NamedTuple):
    """How a transfer ended, in libcurl's words; `code` is 0 for success.

    `connected`: the connection was open, TLS included. `cut`: we ended the transfer because the
    body was too long.
    """

    code: int
    message: str
    host: str
    connected: bool
    cut: bool
    refused: RefusedAddress | None
    verify_result: int
    os_errno: int


def explain(ending: Ending, head: Head, limits: Limits) -> tuple[Failure | None, str | None]:
    """The kind of failure and a sentence for people; None for an answer of 2xx."""
    if ending.code and not ending.cut:
        return _broken(ending, limits)
    if head.status is None:
        return Failure.NETWORK, "The answer is not valid HTTP"
    if not head.complete:
        return Failure.NETWORK, "The answer was cut off"
    if not 200 <= head.status < 300:
        return Failure.STATUS, f"The endpoint answered {head.status}"
    return None, None


def _broken(ending: Ending, limits: Limits) -> Named:
    match ending.code:
        case pycurl.E_COULDNT_CONNECT if ending.refused:
            return _refused(ending.refused)
        case pycurl.E_COULDNT_CONNECT:
            return Failure.CONNECT, f"Could not connect: {_reason(ending)}"
        case pycurl.E_OPERATION_TIMEDOUT if ending.connected:
            return Failure.TIMEOUT, f"No complete answer within {limits.total:g} s"
        case pycurl.E_OPERATION_TIMEDOUT:
            return Failure.CONNECT, f"No connection within {limits.connect:g} s"
        case pycurl.E_PEER_FAILED_VERIFICATION:
            return Failure.TLS, _certificate(ending)
        case pycurl.E_SSL_CONNECT_ERROR:
            return Failure.TLS, _handshake(ending.message)
        case pycurl.E_URL_MALFORMAT:
            return Failure.CONNECT, "The URL is not valid"
        case _:
            return Failure.NETWORK, _interrupted(ending)


def _interrupted(ending: Ending) -> str:
    match ending.code:
        case pycurl.E_GOT_NOTHING:
            return "The endpoint closed the connection without an answer"
        case pycurl.E_PARTIAL_FILE:
            return "The answer was cut off"
        case code if code in NOT_HTTP or "chunk" in ending.message:
            return "The answer is not valid HTTP"
        case pycurl.E_SEND_ERROR | pycurl.E_RECV_ERROR if ending.os_errno in RESET:
            return "The endpoint reset the connection"
        case _:
            return f"The connection failed: {ending.message[:200]}"


def _refused(address: RefusedAddress) -> Named:
    return (
        Failure.REFUSED,
        f"Not sent: {address.address} is refused ({address.reason}). Deliveries go to public "
        "addresses only, unless the operator allows a network.",
    )


def _certificate(ending: Ending) -> str:
    if what := CERTIFICATES.get(ending.verify_result):
        return f"The certificate {what.format(host=ending.host)}"
    return f"The certificate is not valid: {ending.message[:200]}"


def _handshake(message: str) -> str:
    for part, sentence in HANDSHAKES.items():
        if part in message:
            return sentence
    return f"The TLS handshake failed: {message.rpartition(':')[2].strip()[:200]}"


def _reason(ending: Ending) -> str:
    return os.strerror(ending.os_errno) if ending.os_errno else "no route to the endpoint"
