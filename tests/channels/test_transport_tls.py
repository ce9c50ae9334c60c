"""HTTPS with our own certificate authority: what is refused, and the reason in the log."""

import ssl
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.authority import DAY, Authority
from tests.support.raw_server import OK, send, sends, server
from webhooks_app.channels.outcome import Outcome
from webhooks_app.vocabulary import Failure

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


def sent_to(context: ssl.SSLContext | None, count: int = 1, **more: Any) -> list[Outcome]:
    with server(sends(OK), context) as port:
        return send(f"https://localhost:{port}/", count, **more)


def test_a_certificate_for_this_host_and_day_is_trusted(authority: Authority) -> None:
    [outcome] = sent_to(authority.server())
    assert outcome.delivered, outcome.error


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        ({"self_signed": True}, "is self-signed, so no authority confirms it"),
        ({"starts": NOW - 9 * DAY, "ends": NOW - DAY}, "has expired"),
        ({"starts": NOW + DAY, "ends": NOW + 9 * DAY}, "is not valid yet"),
        ({"host": "other.example"}, "is for another host than localhost"),
    ],
    ids=["self-signed", "expired", "not yet valid", "for another host"],
)
def test_any_other_is_refused_with_the_reason(
    authority: Authority, certificate: dict[str, Any], said: str
) -> None:
    [outcome] = sent_to(authority.server(**certificate))
    assert (outcome.failure, outcome.error) == (Failure.TLS, f"The certificate {said}")


def test_an_authority_that_nobody_knows_is_refused_with_the_reason(
    authority: Authority, tmp_path: Path
) -> None:
    folder = tmp_path / "unknown"
    folder.mkdir()
    [outcome] = sent_to(Authority(folder, "another authority").server())
    assert outcome.failure is Failure.TLS
    assert "authority that is not trusted here" in (outcome.error or "")


def test_the_authorities_of_this_machine_do_not_know_ours(tmp_path: Path) -> None:
    [outcome] = sent_to(Authority(tmp_path).server())
    assert outcome.failure is Failure.TLS


def test_a_server_without_tls_is_named() -> None:
    [outcome] = sent_to(None)
    assert (outcome.failure, outcome.error) == (
        Failure.TLS,
        "The endpoint does not speak TLS on this port",
    )


def test_the_trace_has_the_handshake_and_the_end_of_the_certificate(authority: Authority) -> None:
    first, second = sent_to(authority.server(ends=NOW + 3 * DAY), count=2)
    for outcome in (first, second):
        assert outcome.trace.tls_version == "1.3"
        assert outcome.trace.certificate_ends_at == NOW + 3 * DAY
        assert outcome.trace.http_version == "1.1"
    assert first.trace.tls_ms is not None
    assert first.trace.connect_ms is not None
    assert (second.trace.tls_ms, second.trace.connect_ms) == (None, None)


def test_an_old_tls_version_is_refused(authority: Authority) -> None:
    context = authority.server()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    [outcome] = sent_to(context)
    assert (outcome.failure, outcome.error) == (
        Failure.TLS,
        "The endpoint offers no secure TLS version",
    )


def test_a_handshake_that_never_ends_has_the_deadline_of_connecting() -> None:
    """The server waits for a request that never comes, since the handshake gets no answer."""
    with server(lambda connection: None) as port:
        [outcome] = send(f"https://127.0.0.1:{port}/")
    assert outcome.failure is Failure.CONNECT
    assert "No connection within 2 s" in (outcome.error or "")
