"""One request over real sockets: deadlines, bounds, and a name for everything that goes wrong."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from webhooks_app.channels.outcome import Outcome
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.channels.webhook.transport import BODY_LIMIT, Transport
from webhooks_app.lib.ssrf import Guard
from webhooks_app.vocabulary import Failure

TIMEOUT, CONNECT_TIMEOUT = 1.0, 0.5
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Serve = Callable[[socket.socket], None]


def send(url: str, count: int = 1, timeout: float | None = None, **headers: str) -> list[Outcome]:
    async def run() -> list[Outcome]:
        transport = Transport(
            Guard.parse(["127.0.0.0/8"]),
            timeout=TIMEOUT,
            connect_timeout=CONNECT_TIMEOUT,
            now=lambda: datetime.now(UTC),
        )
        async with transport as sending:
            message = WebhookMessage(url, headers, b'{"a":1}', timeout)
            return [await sending.send(message) for _ in range(count)]

    return asyncio.run(run())


@contextmanager
def server(serve: Serve, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Calls `serve` with each connection, once its request has come; the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) if context else connection as it:
                while it.recv(65536):
                    serve(it)
        except OSError:
            pass

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def one(serve: Serve, timeout: float | None = None) -> tuple[Outcome, float]:
    with server(serve) as port:
        start = time.monotonic()
        [outcome] = send(f"http://127.0.0.1:{port}/hook", timeout=timeout)
        return outcome, time.monotonic() - start


def sends(*parts: bytes, pause: float = 0.0) -> Serve:
    def serve(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)

    return serve


def test_a_2xx_is_delivered() -> None:
    outcome, _ = one(sends(OK))
    assert outcome.delivered
    assert (outcome.status_code, outcome.response_body, outcome.truncated) == (200, b"ok", False)
    assert ("Content-Length", "2") in outcome.response_headers


@pytest.mark.parametrize("code", [100, 199, 300, 301, 400, 404, 410, 429, 500, 503, 599])
def test_any_other_status_is_a_failure(code: int) -> None:
    if code < 200:
        outcome, _ = one(sends(b"HTTP/1.1 %d X\r\n\r\n" % code))
        assert outcome.failure is Failure.TIMEOUT
        return
    outcome, _ = one(sends(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % code))
    assert (outcome.failure, outcome.status_code) == (Failure.STATUS, code)
    assert str(code) in (outcome.error or "")


@pytest.mark.parametrize(
    "serve",
    [
        lambda connection: time.sleep(5),
        sends(*[bytes([byte]) for byte in OK], pause=0.1),
        sends(b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 50, pause=0.1),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", *[b"x"] * 50, pause=0.1),
    ],
    ids=["nothing", "slow status", "slow headers", "slow body"],
)
def test_one_deadline_covers_headers_and_body(serve: Serve) -> None:
    outcome, took = one(serve)
    assert outcome.failure is Failure.TIMEOUT
    assert "1 s" in (outcome.error or "")
    assert TIMEOUT <= took < TIMEOUT + 1


@pytest.mark.parametrize(("wanted", "held"), [(0.4, 0.4), (30.0, TIMEOUT)])
def test_a_message_may_want_less_time_and_gets_no_more(wanted: float, held: float) -> None:
    outcome, took = one(lambda connection: time.sleep(5), wanted)
    assert outcome.failure is Failure.TIMEOUT
    assert f"within {held:g} s" in (outcome.error or "")
    assert held <= took < held + 0.5


def test_a_connection_that_is_not_answered_has_a_deadline_of_its_own() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        full = []
        for _ in range(3):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            full.append(client)
        start = time.monotonic()
        [outcome] = send(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        took = time.monotonic() - start
        for client in full:
            client.close()
    assert outcome.failure is Failure.CONNECT
    assert CONNECT_TIMEOUT <= took < TIMEOUT


def test_an_endless_answer_is_cut_and_its_connection_given_up() -> None:
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            sent += 4096

    outcome, took = one(endless)
    assert outcome.delivered
    assert (len(outcome.response_body), outcome.truncated) == (BODY_LIMIT, True)
    assert took < TIMEOUT
    assert sent < 50_000_000


def test_headers_without_end_are_no_answer() -> None:
    outcome, _ = one(sends(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 1_000_000 + b"\r\n\r\n"))
    assert outcome.failure is Failure.NETWORK


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", Failure.NETWORK),
        (b"SSH-2.0-OpenSSH_9\r\n", Failure.NETWORK),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", Failure.NETWORK),
        (b"HTTP/1.1 2000 OK\r\n\r\n", Failure.NETWORK),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Failure.NETWORK),
    ],
)
def test_a_broken_answer_is_named(answer: bytes, failure: Failure) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    outcome, _ = one(serve)
    assert outcome.failure is failure
    assert outcome.error


def test_a_connection_that_is_reset_is_named() -> None:
    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    outcome, _ = one(serve)
    assert outcome.failure is Failure.NETWORK


def test_a_connection_is_kept_alive() -> None:
    connections = set()

    def serve(connection: socket.socket) -> None:
        connections.add(connection.getpeername())
        connection.sendall(OK)

    with server(serve) as port:
        outcomes = send(f"http://127.0.0.1:{port}/", count=5)
    assert all(outcome.delivered for outcome in outcomes)
    assert len(connections) == 1


def test_cookies_are_not_kept() -> None:
    requests: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _ = listener.accept()
        for _ in range(2):
            requests.append(connection.recv(65536))
            connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n"))

    threading.Thread(target=run, daemon=True).start()
    send(f"http://127.0.0.1:{listener.getsockname()[1]}/", count=2)
    listener.close()
    assert len(requests) == 2
    assert b"cookie" not in b"".join(requests).lower()


def certificate(folder: Path, name: str, starts: datetime) -> ssl.SSLContext:
    """A server's context with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = certificate(tmp_path, "localhost", datetime.now(UTC) - timedelta(days=1))
    with server(sends(OK), context) as port:
        [outcome] = send(f"https://localhost:{port}/")
    assert outcome.failure is Failure.TLS
    assert "certificate" in (outcome.error or "").lower()


def trust(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client trust that certificate, as if an authority had signed it."""
    trusted = ssl.create_default_context(cafile=folder / "server.pem")
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusted)


@pytest.mark.parametrize(
    ("name", "age", "failure"),
    [
        ("localhost", 1, None),
        ("localhost", 30, Failure.TLS),
        ("localhost", -1, Failure.TLS),
        ("other.example", 1, Failure.TLS),
    ],
    ids=["valid", "expired", "not yet valid", "for another host"],
)
def test_a_certificate_must_be_for_this_host_and_this_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, age: int, failure: Failure | None
) -> None:
    context = certificate(tmp_path, name, datetime.now(UTC) - timedelta(days=age))
    trust(tmp_path, monkeypatch)
    with server(sends(OK), context) as port:
        [outcome] = send(f"https://localhost:{port}/")
    assert outcome.failure is failure, outcome.error
