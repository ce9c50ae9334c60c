"""Send one delivery to the local server, exactly as it was signed."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

BODY_LIMIT = 16 * 1024
# A kept connection that the server closed just then: the request had no answer, and may go again.
CLOSED = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


@dataclass(frozen=True)
class Answer:
    """How one try went. `failure` is None for any whole answer."""

    milliseconds: float
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: bool = False
    failure: str | None = None
    error: str = ""
    url: str = ""

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300 and self.failure is None


class Target:
    """The local server, for one thread: its connection is kept."""

    def __init__(self, url: str, insecure: bool = False) -> None:
        self._url, self._parts = url, urlsplit(url)
        self._insecure = insecure
        self._connection: http.client.HTTPConnection | None = None

    def send(self, headers: Mapping[str, str], body: bytes, timeout: float) -> Answer:
        """Never raises for what the server does."""
        began = time.monotonic()
        deadline = began + timeout
        try:
            answer = self._exchange(headers, body, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            failure, words = _failure(error, timeout)
            answer = Answer(0, failure=failure, error=words)
        spent = (time.monotonic() - began) * 1000
        return Answer(**{**vars(answer), "milliseconds": spent, "url": self._url})

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, headers: Mapping[str, str], body: bytes, deadline: float) -> Answer:
        kept = self._connection is not None
        try:
            return self._once(headers, body, deadline)
        except CLOSED:
            if not kept:
                raise
            self.close()
            return self._once(headers, body, deadline)

    def _once(self, headers: Mapping[str, str], body: bytes, deadline: float) -> Answer:
        connection = self._connection = self._connection or self._open()
        connection.timeout = left(deadline)
        if connection.sock is not None:
            connection.sock.settimeout(left(deadline))
        path = self._parts.path or "/"
        query = f"?{self._parts.query}" if self._parts.query else ""
        connection.putrequest("POST", path + query, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if "content-length" not in {name.lower() for name in headers}:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        content, truncated = self._read(response, deadline)
        response.close()
        if truncated or response.will_close:
            self.close()
        return Answer(0, response.status, tuple(response.getheaders()), content, truncated)

    def _read(self, response: http.client.HTTPResponse, deadline: float) -> tuple[bytes, bool]:
        content = b""
        while len(content) <= BODY_LIMIT:
            if self._connection is not None and self._connection.sock is not None:
                self._connection.sock.settimeout(left(deadline))
            chunk = response.read1(BODY_LIMIT + 1)
            if not chunk and response.length:
                raise http.client.IncompleteRead(content)
            if not chunk:
                return content, False
            content += chunk
        return content[:BODY_LIMIT], True

    def _open(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "localhost", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port)
        context = ssl.create_default_context()
        if self._insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(host, port, context=context)


def left(deadline: float) -> float:
    """Seconds until then. Raises TimeoutError when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _failure(error: Exception, timeout: float) -> tuple[str, str]:
    """The kind of failure and a sentence, in the words of the product."""
    match error:
        case TimeoutError():
            return "timeout", f"No complete answer within {timeout:g} s"
        case ConnectionRefusedError():
            return "connect", "Could not connect: connection refused"
        case socket.gaierror():
            return "dns", "The host name was not found"
        case ssl.SSLError():
            return "tls", f"The TLS handshake failed: {error.reason or error}"
        case http.client.RemoteDisconnected():
            return "network", "The endpoint closed the connection without an answer"
        case ConnectionResetError() | BrokenPipeError():
            return "network", "The endpoint reset the connection"
        case http.client.IncompleteRead():
            return "network", "The answer was cut off"
        case ValueError() if not isinstance(error, OSError):
            return "network", f"The request could not be written: {error}"
        case http.client.HTTPException():
            return "network", "The answer is not valid HTTP"
        case _:
            why: Any = getattr(error, "strerror", None) or error
            return "connect", f"Could not connect: {why}"
