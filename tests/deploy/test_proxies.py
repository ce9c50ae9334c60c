"""The examples for nginx and Caddy, in front of a real server."""

import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.support.receiver import Receiver
from tests.support.servers import PATIENCE, free_port, wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log;
user root;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/hookline.conf;
}}
"""

Command = list[str]


def nginx(folder: Path, port: int, behind: str) -> Command:
    example = (DEPLOY / "nginx/hookline.conf").read_text()
    example = replaced(example, "server web:8000;", f"server {behind};")
    example = replaced(example, "listen 80;", f"listen 127.0.0.1:{port};")
    (folder / "hookline.conf").write_text(example)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    command = ["nginx", "-e", str(folder / "first.log"), "-c", str(folder / "nginx.conf")]
    subprocess.run([*command, "-t", "-q"], check=True)
    return command


def caddy(folder: Path, port: int, behind: str) -> Command:
    example = (DEPLOY / "caddy/Caddyfile").read_text()
    example = replaced(example, "web:8000", behind)
    example = replaced(example, ":80 {", f"http://127.0.0.1:{port} {{")
    if _version_of_caddy() < (2, 7):  # the word of older ones, such as Debian's 2.6
        example = replaced(example, "request_buffers 64MB", "buffer_requests")
    file = folder / "Caddyfile"
    file.write_text("{\n\tadmin off\n}\n" + example)
    options = ["--config", str(file), "--adapter", "caddyfile"]
    subprocess.run(["caddy", "validate", *options], check=True, capture_output=True)
    return ["caddy", "run", *options]


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def _version_of_caddy() -> tuple[int, ...]:
    said = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"v?(\d+)\.(\d+)", said)
    assert found, said
    return tuple(map(int, found.groups()))


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def proxy_to(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], str]]:
    """`proxy_to("127.0.0.1:8000")` starts it in front of that and returns its URL."""
    monkeypatch.setenv("HOME", str(tmp_path))
    processes: list[subprocess.Popen[bytes]] = []

    def start(behind: str) -> str:
        port = free_port()
        command = request.param(tmp_path, port, behind)
        with (tmp_path / "proxy.log").open("w") as log:
            processes.append(subprocess.Popen(command, stdout=log, stderr=log))
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url))
        return url

    yield start
    for process in processes:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/status", timeout=PATIENCE).status_code == 404
    except requests.ConnectionError:
        return False


@pytest.fixture
def proxy(proxy_to: Callable[[str], str], receiver: Receiver) -> str:
    return proxy_to(receiver.url.split("/")[2])


def test_it_says_who_asked_and_how(proxy: str, receiver: Receiver) -> None:
    forged = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
    assert requests.post(f"{proxy}/hook", data=b"{}", headers=forged, timeout=PATIENCE).ok
    [got] = receiver.received
    headers = got.headers
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-request-id"]
    assert headers["host"] == proxy.removeprefix("http://")


@pytest.mark.parametrize("path", ["/metrics", "/metrics/global", "/readyz", "/status"])
def test_what_is_for_probes_stays_inside(proxy: str, receiver: Receiver, path: str) -> None:
    assert requests.get(proxy + path, timeout=PATIENCE).status_code == 404
    assert receiver.received == []


@pytest.mark.parametrize("proxy_to", [nginx], indirect=True, ids=["nginx"])
def test_large_bodies_reach_the_api_only(proxy: str) -> None:
    """Behind Caddy the web server does that: its limits depend on the page too."""
    body = b"x" * 3_000_000
    assert requests.post(f"{proxy}/login", data=body, timeout=PATIENCE).status_code == 413
    assert (
        requests.post(f"{proxy}/api/v1/events/batch", data=body, timeout=PATIENCE).status_code
        != 413
    )


def test_a_batch_of_many_megabytes_goes_through(proxy: str, receiver: Receiver) -> None:
    body = b"x" * 20_000_000
    assert requests.post(f"{proxy}/api/v1/events/batch", data=body, timeout=PATIENCE).ok
    assert [len(one.body) for one in receiver.received] == [len(body)]


def test_half_a_request_is_not_passed_on(proxy_to: Callable[[str], str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as behind:
        behind.settimeout(1.0)
        address = proxy_to(f"127.0.0.1:{behind.getsockname()[1]}").removeprefix("http://")
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
            head = f"POST /hook HTTP/1.1\r\nHost: {address}\r\nContent-Length: 10\r\n\r\n"
            client.sendall(head.encode() + b"12345")
            with pytest.raises(TimeoutError):
                behind.accept()
            client.sendall(b"67890")
            behind.settimeout(PATIENCE)
            connection, _ = behind.accept()
            with connection:
                connection.settimeout(PATIENCE)
                assert _read(connection).endswith(b"\r\n\r\n1234567890")


def _read(connection: socket.socket) -> bytes:
    got, ends = b"", time.monotonic() + PATIENCE
    while not got.endswith(b"67890") and time.monotonic() < ends:
        got += connection.recv(65536)
    return got
