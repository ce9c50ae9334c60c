"""Raw HTTP: hosts, smuggling, methods and lines that no library would send."""

import pytest

from tests.server.conftest import Site, site  # noqa: F401 - a fixture
from tests.server.wire import ask, head, status

pytestmark = pytest.mark.processes

HOSTS = [b".", b"..", b"xn--zzzz", b"a" * 64, b"a" * 300, b"", b"[::1", b"a:99999", b"a b", b"\xff"]
HOSTS += [b"localhost\r\nHost: other", b"evil.example", b"127.0.0.1:1", b"%00", b"a,b", b"-", b"@"]
METHODS = ["TRACE", "CONNECT", "PROPFIND", "get", "PATCH", "DELETE", "OPTIONS", "X" * 300, "PRI"]
TARGETS = ["http://other.example/login", "//login", "/%2e%2e/login", "*", "/login?" + "a" * 60_000]
TARGETS += ["/login#x", "/\xff", "/login;x", "/login/../login", "localhost:80", "/%"]
SMUGGLED = [
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"Content-Length: -1\r\n\r\n",
    b"Content-Length: +5\r\n\r\nhello",
    b"Content-Length: 9999999999999999999999\r\n\r\n",
    b"Transfer-Encoding: chunked, identity\r\n\r\n",
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    b"X: " + b"a" * 300_000 + b"\r\n\r\n",
    b"".join(b"X-%d: a\r\n" % number for number in range(200)) + b"\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA\r\n\r\n",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n",
    b"Cookie: session=" + b"x" * 5000 + b"\r\n\r\n",
    b"Cookie: session=\xff; =; ;;\r\nCookie: session=.\r\n\r\n",
    b"Expect: the-unexpected\r\nContent-Length: 2\r\n\r\n{}",
    b" folded: x\r\n\r\n",
]


def requests() -> list[bytes]:
    paths = (b"/login", b"/api/v1/events", b"/nowhere", b"/static/nothing.css")
    asked = [b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (path, h) for path in paths for h in HOSTS]
    asked += [
        head(f"{method} {path}") for method in METHODS for path in ("/login", "/api/v1/events")
    ]
    asked += [head(f"GET {target}") for target in TARGETS]
    for path in (b"/login", b"/api/v1/events", b"/test-webhook/x"):
        asked += [b"POST %b HTTP/1.1\r\nHost: localhost\r\n%b" % (path, rest) for rest in SMUGGLED]
    return [
        *asked,
        b"GET /login HTTP/1.0\r\n\r\n",
        b"GET /login\r\n\r\n",
        b"\x16\x03\x01",
        b"\r\n" * 100,
    ]


def test_no_request_is_a_fault(site: Site) -> None:  # noqa: F811
    faults = [
        (request[:200], answer)
        for request in requests()
        if status(answer := ask(site.port, request, end=True)) >= 500
    ]
    assert not faults
    assert site.answers()
    assert "Traceback" not in site.log.read_text()
