"""Turn a request of granian's RSGI into the environ of WSGI (PEP 3333), as granian's WSGI does."""

import sys
from io import BytesIO

from webhooks_app.server.rsgi_types import RequestScope

SHARED = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "granian",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": False,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
VERSIONS = {"1": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2"}
WITHOUT_PREFIX = ("CONTENT_TYPE", "CONTENT_LENGTH")


def environ_of(scope: RequestScope, body: bytes, length: int) -> dict[str, object]:
    """The environ of `scope`, with a complete body, or with `length` and an unread one."""
    host, _, port = scope.server.rpartition(":")
    return {
        **SHARED,
        **_headers(scope),
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": VERSIONS.get(scope.http_version, "HTTP/1.1"),
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        **({"CONTENT_LENGTH": str(length)} if length else {}),
    }


def _headers(scope: RequestScope) -> dict[str, str]:
    """Values of a repeated name are joined. A value that is not ASCII becomes empty.

    It is never absent: an unreadable header must not count as a missing one.
    """
    sent = scope.headers
    headers: dict[str, str] = {}
    for name, value in sent.items():
        key = _key(name)
        if key in headers:
            value = f"{headers[key]}{';' if name == 'cookie' else ','}{value}"
        headers[key] = value
    if len(headers) < len(sent):
        headers = dict.fromkeys(map(_key, sent.keys()), "") | headers
    headers.pop("HTTP_TRANSFER_ENCODING", None)  # already decoded
    for key in WITHOUT_PREFIX:
        if (given := headers.pop(f"HTTP_{key}", None)) is not None:
            headers[key] = given
    headers.setdefault("HTTP_HOST", scope.authority or "")
    return headers


def _key(name: str) -> str:
    return f"HTTP_{name.upper().replace('-', '_')}"
