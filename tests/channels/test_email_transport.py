"""Connections to a mail server are kept, given up, and never waited for one by one."""

from collections.abc import Iterator

import pytest

from tests.support.mail_server import MailServer
from tests.support.servers import PATIENCE, free_port
from webhooks_app.channels.email.mime import Email
from webhooks_app.channels.email.smtp import Server
from webhooks_app.channels.email.transport import MOST_PER_LINE, MailTransport
from webhooks_app.channels.email.unsent import Unsent
from webhooks_app.lib.times import utcnow
from webhooks_app.vocabulary import Failure


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    with MailServer(pipelining=request.param) as server:
        yield server


def to(port: int, timeout: float = PATIENCE) -> MailTransport:
    return MailTransport(Server("127.0.0.1", port, "", "", "none", timeout))


def letter(recipient: str = "team@example.com") -> Email:
    return Email("mai_1", "us@example.com", recipient, "Hello", "text\n.\n", "<p>.</p>", utcnow())


def send(transport: MailTransport, one: Email | None = None) -> tuple[int, str]:
    return transport.send(one or letter(), transport.now())


def test_a_kept_connection_that_the_server_closed_is_no_failure(server: MailServer) -> None:
    transport = to(server.port)
    send(transport)
    server.hang_up()
    assert send(transport) == (250, "OK")
    assert (len(server.taken), server.connections) == (2, 2)
    transport.hang_up()


def test_a_connection_is_changed_before_the_server_tires_of_it(server: MailServer) -> None:
    transport = to(server.port)
    for _ in range(MOST_PER_LINE + 1):
        send(transport)
    assert server.connections == 2
    transport.hang_up()


def test_a_refusal_leaves_the_connection_to_the_next(server: MailServer) -> None:
    server.refusals["gone@example.com"] = "550 5.1.1 No such user"
    transport = to(server.port)
    with pytest.raises(Unsent) as refused:
        send(transport, letter("gone@example.com"))
    assert (refused.value.permanent, refused.value.code) == (True, 550)
    send(transport)
    assert (server.recipients, server.connections) == (["team@example.com"], 1)
    transport.hang_up()


def test_a_wrong_log_in_is_no_fault_of_the_mail(server: MailServer) -> None:
    server.answer = "535 5.7.8 Log in first"
    with pytest.raises(Unsent) as refused:
        send(to(server.port))
    assert not refused.value.permanent


def test_what_had_waited_fails_with_what_found_the_server_away() -> None:
    transport = to(free_port())
    before = transport.now()
    with pytest.raises(Unsent) as first:
        send(transport)
    assert (first.value.away, first.value.failure) == (True, Failure.CONNECT)
    with pytest.raises(Unsent) as second:
        transport.send(letter(), before)
    assert second.value is first.value
    with pytest.raises(Unsent) as later:
        send(transport)
    assert later.value is not first.value


def test_a_server_that_does_not_answer_is_given_up(server: MailServer) -> None:
    server.pause = PATIENCE
    with pytest.raises(Unsent) as error:
        send(to(server.port, timeout=0.3))
    assert server.taken == []
    assert (error.value.failure, error.value.away) == (Failure.TIMEOUT, True)


@pytest.mark.parametrize("recipient", ["a@b.co\r\nRCPT TO:<c@d.co>", "a@b.co\nRSET"])
def test_a_recipient_cannot_speak_smtp(server: MailServer, recipient: str) -> None:
    with pytest.raises((Unsent, ValueError)):
        send(to(server.port), letter(recipient))
    assert server.recipients == []
