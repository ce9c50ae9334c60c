"""One libcurl handle, used for one request after another, and its results."""

import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pycurl

from webhooks_app.channels.outcome import Trace
from webhooks_app.channels.webhook.failures import Ending, Limits, RequestNotSent
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.channels.webhook.target import RequestTarget
from webhooks_app.lib.ssrf import Guard, RefusedAddress
from webhooks_app.vocabulary import Failure

BODY_LIMIT = 16 * 1024
# Options of every request. An empty proxy means no proxy, whatever the environment says.
FIXED: Mapping[int, object] = {
    pycurl.POST: 1,
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.FOLLOWLOCATION: 0,
    pycurl.PROXY: "",
    pycurl.NETRC: pycurl.NETRC_IGNORED,
    pycurl.NOSIGNAL: 1,
    pycurl.PATH_AS_IS: 1,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2TLS,
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
}
HTTP_VERSIONS = {1: "1.0", 2: "1.1", 3: "2", 30: "3"}
TIMES = (
    pycurl.CONNECT_TIME_T,
    pycurl.APPCONNECT_TIME_T,
    pycurl.PRETRANSFER_TIME_T,
    pycurl.STARTTRANSFER_TIME_T,
    pycurl.TOTAL_TIME_T,
)
TLS_VERSION, EXPIRES = b"SSL connection using TLSv", b"  expire date: "


class Secured(NamedTuple):
    """A TLS connection: its version, and when the endpoint's certificate expires."""

    version: str
    certificate_ends_at: datetime | None


class Exchange:
    """One request at a time.

    Call `prepare`, `limit` and `watch`, let libcurl perform it, then read the result: `lines` of
    headers, `body` (`cut` when it was too long), `ending` and `trace`.
    """

    def __init__(self, guard: Guard, keep_alive: float) -> None:
        self._guard = guard
        self._clear("")
        self._resolved = False
        self._watched = False
        self._limits = (0, 0)
        self.lines: list[bytes] = []
        self.curl = curl = pycurl.Curl()
        for option, value in (*FIXED.items(), *_authorities().items()):
            curl.setopt(option, value)
        curl.setopt(pycurl.MAXAGE_CONN, max(1, round(keep_alive)))
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        curl.setopt(pycurl.HEADERFUNCTION, self.lines.append)
        curl.setopt(pycurl.WRITEFUNCTION, self._write)
        curl.setopt(pycurl.DEBUGFUNCTION, self._note)

    def _clear(self, host: str) -> None:
        self._host = host
        self.body = b""
        self.cut = False
        self._refused: RefusedAddress | None = None
        self._opened = False
        self._tls_version = ""
        self._expires: datetime | None = None

    def prepare(
        self, target: RequestTarget, addresses: Sequence[str], message: WebhookMessage
    ) -> None:
        """`addresses` are the host's, if it is a name. Raises `RequestNotSent`."""
        own = [f"{name}: {value}" for name, value in message.headers.items()]
        headers = "\n".join([*own, "Expect:"])
        if headers.count("\n") != len(own) or "\r" in headers or "\0" in headers:
            raise RequestNotSent(Failure.INTERNAL, "Not sent: a header has a line break in it")
        self._clear(target.host)
        self.lines.clear()
        curl = self.curl
        curl.setopt(pycurl.URL, target.origin)
        curl.setopt(pycurl.REQUEST_TARGET, target.path)
        curl.setopt(pycurl.HTTPHEADER, headers.encode().split(b"\n"))
        curl.setopt(pycurl.POSTFIELDS, message.body)
        if addresses:
            listed = ",".join(f"[{one}]" if ":" in one else one for one in addresses)
            curl.setopt(pycurl.RESOLVE, [f"+{target.host}:{target.port}:{listed}"])
        elif self._resolved:
            curl.unsetopt(pycurl.RESOLVE)
        self._resolved = bool(addresses)

    def limit(self, limits: Limits) -> None:
        """Set the time limits from now on. For libcurl, 0 means no limit."""
        wanted = (max(1, round(limits.connect * 1000)), max(1, round(limits.total * 1000)))
        if wanted != self._limits:
            self.curl.setopt(pycurl.CONNECTTIMEOUT_MS, wanted[0])
            self.curl.setopt(pycurl.TIMEOUT_MS, wanted[1])
            self._limits = wanted

    def watch(self, handshake: bool) -> None:
        """Whether to collect what `secured` returns; it takes some time."""
        if handshake != self._watched:
            self.curl.setopt(pycurl.VERBOSE, handshake)
            self._watched = handshake

    def release(self) -> None:
        """Release the body while the handle waits for the next request."""
        self.body = b""
        self.curl.setopt(pycurl.POSTFIELDS, b"")

    @property
    def secured(self) -> Secured | None:
        """None when there was no handshake, or `watch` was off."""
        return Secured(self._tls_version, self._expires) if self._tls_version else None

    def ending(self, code: int, message: str) -> Ending:
        went_wrong = code != 0
        info = self.curl.getinfo
        return Ending(
            code=code,
            message=message,
            host=self._host,
            connected=self._sent() if went_wrong else True,
            cut=self.cut,
            refused=None if self._opened else self._refused,
            verify_result=info(pycurl.SSL_VERIFYRESULT) if went_wrong else 0,
            os_errno=info(pycurl.OS_ERRNO) if went_wrong else 0,
        )

    def trace(self, looked_up: float | None, secured: Secured | None) -> Trace:
        """`looked_up` is how many seconds the name look-up took."""
        info = self.curl.getinfo
        connect, tls, ready, first_byte, end = map(info, TIMES)
        is_new, sent = info(pycurl.NUM_CONNECTS) > 0, self._sent()
        return Trace(
            lookup_ms=None if looked_up is None else round(looked_up * 1000),
            connect_ms=_ms(0, connect) if is_new else None,
            tls_ms=_ms(connect, tls) if is_new and sent else None,
            first_byte_ms=_ms(ready, first_byte) if sent else None,
            body_ms=_ms(first_byte, end) if sent and first_byte else None,
            address=info(pycurl.PRIMARY_IP) or None,
            http_version=HTTP_VERSIONS.get(info(pycurl.INFO_HTTP_VERSION)),
            tls_version=secured and secured.version,
            certificate_ends_at=secured and secured.certificate_ends_at,
        )

    def _sent(self) -> bool:
        """Whether the request began to leave, so the connection was open, TLS included."""
        return bool(self.curl.getinfo(pycurl.REQUEST_SIZE) > 0)

    # Called by libcurl

    def _open_socket(self, _purpose: int, address: Any) -> socket.socket | int:
        """Called for each address, literal or resolved, right before libcurl connects to it."""
        host, port = address.addr[:2]
        reason = self._guard.refusal(host, port)
        if reason is not None:
            self._refused = RefusedAddress(host, reason)
            return int(pycurl.SOCKET_BAD)
        self._opened = True
        opened = socket.socket(address.family, address.socktype, address.protocol)
        opened.setblocking(False)
        return opened

    def _write(self, chunk: bytes) -> int:
        """Cut a body that is too long, and close its connection."""
        self.body += chunk
        if len(self.body) <= BODY_LIMIT:
            return len(chunk)
        self.body, self.cut = self.body[:BODY_LIMIT], True
        return 0

    def _note(self, kind: int, text: bytes) -> None:
        if kind != pycurl.INFOTYPE_TEXT:
            return
        if text.startswith(TLS_VERSION):
            self._tls_version = text[len(TLS_VERSION) :].split()[0].decode(errors="replace")
        elif text.startswith(EXPIRES):
            self._expires = _moment(text[len(EXPIRES) :].decode(errors="replace").strip())


def _authorities() -> Mapping[int, str]:
    """The certificate authorities that Python trusts on this machine, or those in SSL_CERT_FILE."""
    paths = ssl.get_default_verify_paths()
    found = {pycurl.CAINFO: paths.cafile, pycurl.CAPATH: paths.capath}
    return {option: path for option, path in found.items() if path}


def _ms(since: int, until: int) -> int | None:
    """Milliseconds between two times in microseconds; None when the second never came."""
    return (until - since + 500) // 1000 if until else None


def _moment(text: str) -> datetime | None:
    """`Nov 27 05:03:56 2026 GMT`."""
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
    except ValueError:
        return None
