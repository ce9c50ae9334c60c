"""The example for nginx, in front of a real server."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.receiver import Receiver
from tests.support.servers import free_port, wait_until

EXAMPLE = Path(__file__).parents[2] / "deploy/nginx/hookline.conf"
MAIN = """
daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/hookline.conf;
}}
"""


@pytest.fixture
def proxy(tmp_path: Path, receiver: Receiver) -> Iterator[str]:
    port = free_port()
    behind = receiver.url.split("/")[2]
    example = EXAMPLE.read_text()
    assert "server web:8000;" in example
    example = example.replace("server web:8000;", f"server {behind};")
    example = example.replace("listen 80;", f"listen 127.0.0.1:{port};")
    (tmp_path / "hookline.conf").write_text(example)
    (tmp_path / "nginx.conf").write_text("user root;" + MAIN.format(folder=tmp_path))
    command = ["nginx", "-e", str(tmp_path / "first.log"), "-c", str(tmp_path / "nginx.conf")]
    subprocess.run([*command, "-t", "-q"], check=True)
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url))
        yield url
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/status", timeout=2).status_code == 404
    except requests.ConnectionError:
        return False


def test_it_says_who_asked_and_how(proxy: str, receiver: Receiver) -> None:
    forged = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
    assert requests.post(f"{proxy}/hook", data=b"{}", headers=forged, timeout=10).ok
    [got] = receiver.received
    headers = got.headers
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-request-id"]
    assert headers["host"] == proxy.removeprefix("http://")


@pytest.mark.parametrize("path", ["/metrics", "/metrics/global", "/readyz", "/status"])
def test_what_is_for_probes_stays_inside(proxy: str, receiver: Receiver, path: str) -> None:
    assert requests.get(proxy + path, timeout=10).status_code == 404
    assert receiver.received == []


def test_large_bodies_reach_the_api_only(proxy: str) -> None:
    body = b"x" * 3_000_000
    assert requests.post(f"{proxy}/login", data=body, timeout=20).status_code == 413
    assert requests.post(f"{proxy}/api/v1/events/batch", data=body, timeout=20).status_code != 413
