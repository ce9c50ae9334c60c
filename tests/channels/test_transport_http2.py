"""HTTP/2, when the endpoint offers it over TLS, with the web server that the product uses."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.authority import Authority
from tests.support.raw_server import transport
from tests.support.servers import free_port, wait_until
from webhooks_app.channels.outcome import Outcome
from webhooks_app.channels.webhook.exchange import BODY_LIMIT
from webhooks_app.channels.webhook.message import WebhookMessage

APP = """
import time

def app(environ, start_response):
    environ["wsgi.input"].read()
    target = environ["PATH_INFO"], environ["QUERY_STRING"], environ["HTTP_X_OWN"]
    if target[0] == "/slow":
        time.sleep(6)
    start_response("410 Gone" if target[0] == "/gone" else "200 OK", [("X-Seen", "yes")])
    return [b"x" * 1_000_000 if target[0] == "/long" else "|".join(target).encode()]
"""


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    authority = Authority(tmp_path)
    authority.server()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    (tmp_path / "receiver_app.py").write_text(APP)
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--ssl-certificate", "server.pem", "--ssl-keyfile", "server.pem"]
    process = subprocess.Popen([*command, "--log-level", "error", "receiver_app:app"], cwd=tmp_path)
    wait_until(lambda: post(port, "/").delivered, 20)
    yield port
    process.terminate()
    process.wait()


def post(port: int, path: str) -> Outcome:
    return posts(port, path)[0]


def posts(port: int, *paths: str) -> list[Outcome]:
    async def run() -> list[Outcome]:
        async with transport() as sending:
            messages = [
                WebhookMessage(f"https://localhost:{port}{path}", {"X-Own": "kept"}, b"{}")
                for path in paths
            ]
            return await asyncio.gather(*map(sending.send, messages))

    return asyncio.run(run())


def test_many_at_once_go_over_http_2(port: int) -> None:
    outcomes = posts(port, *["/a/%2F..?b=%3A"] * 20)
    assert {outcome.error for outcome in outcomes} == {None}
    assert {outcome.trace.http_version for outcome in outcomes} == {"2"}
    assert {outcome.response_body for outcome in outcomes} == {b"/a//..|b=%3A|kept"}
    assert ("x-seen", "yes") in outcomes[0].response_headers


def test_bounds_deadlines_and_statuses_hold(port: int) -> None:
    long, slow, gone, after = posts(port, "/long", "/slow", "/gone", "/")
    assert (long.delivered, long.truncated, len(long.response_body)) == (True, True, BODY_LIMIT)
    assert slow.error == "No complete answer within 3 s"
    assert (gone.status_code, gone.gone) == (410, True)
    assert after.delivered
