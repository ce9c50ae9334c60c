"""With PIPELINING (RFC 2920) the commands of a mail leave together. Answers keep their order."""

import pytest

from tests.channels.test_email_transport import letter, send, to
from tests.support.mail_server import MailServer
from tests.support.scripted_mail_server import PIPELINING, PLAIN, ScriptedMailServer, Step
from webhooks_app.channels.email.mime import Email, as_bytes
from webhooks_app.channels.email.unsent import Unsent
from webhooks_app.lib.times import utcnow
from webhooks_app.vocabulary import Failure

MAIL = b"MAIL FROM:<us@example.com>\r\n"
RCPT = b"RCPT TO:<team@example.com>\r\n"
DATA = b"DATA\r\n"
END = b"\r\n.\r\n"
RESET: Step = (b"rset\r\n", "250 Reset\r\n")
TAKEN: Step = (END, "250 Taken\r\n")
ASKED: Step = (DATA, "250 OK\r\n250 OK\r\n354 Go ahead\r\n")


def test_the_commands_of_a_mail_leave_together() -> None:
    """The server answers nothing before it has seen them all."""
    with ScriptedMailServer(PIPELINING, ASKED, TAKEN, ASKED, TAKEN) as server:
        transport = to(server.port)
        assert [send(transport), send(transport)] == [(250, "Taken")] * 2
    assert server.sent[1] == server.sent[3] == MAIL + RCPT + DATA


def test_a_server_that_offers_no_pipelining_gets_one_command_at_a_time() -> None:
    steps = [(MAIL, "250 OK\r\n"), (RCPT, "250 OK\r\n"), (DATA, "354 Go ahead\r\n"), TAKEN]
    with ScriptedMailServer(PLAIN, *steps) as server:
        assert send(to(server.port)) == (250, "Taken")
    assert server.sent[1:4] == [MAIL, RCPT, DATA]


@pytest.mark.parametrize(
    ("answers", "refusal"),
    [
        (["550 No such sender", "503 No MAIL", "503 No RCPT"], (550, "550 No such sender", True)),
        (["250 OK", "450 Later", "503 No RCPT"], (450, "450 Later", False)),
        (["250-O\r\n250 K", "550-No\r\n550 user", "554 No"], (550, "550 No user", True)),
        (["250 OK", "250 OK", "451 Not now"], (451, "451 Not now", False)),
    ],
)
def test_the_first_refusal_counts_and_the_next_mail_gets_its_own_answers(
    answers: list[str], refusal: tuple[int, str, bool]
) -> None:
    refused = (DATA, "".join(f"{one}\r\n" for one in answers))
    with ScriptedMailServer(PIPELINING, refused, RESET, ASKED, TAKEN) as server:
        transport = to(server.port)
        with pytest.raises(Unsent) as error:
            send(transport)
        assert send(transport) == (250, "Taken")
    code, text, is_permanent = refusal
    assert str(error.value) == f"The mail server refused it: {text}"
    assert (error.value.code, error.value.permanent) == (code, is_permanent)
    assert (error.value.failure, error.value.away) == (Failure.STATUS, False)


def test_a_mail_that_nobody_is_to_get_is_ended_empty() -> None:
    """Some servers ask for the mail although they refused its recipient (RFC 2920 section 3.1)."""
    refused = (DATA, "250 OK\r\n550 No such user\r\n354 Go ahead\r\n")
    ended = (b".\r\n", "554 No recipients\r\n")
    with ScriptedMailServer(PIPELINING, refused, ended, RESET, ASKED, TAKEN) as server:
        transport = to(server.port)
        with pytest.raises(Unsent, match="550 No such user"):
            send(transport)
        assert send(transport) == (250, "Taken")
    assert server.sent[2] == b".\r\n"


def test_a_refused_mail_leaves_the_connection_to_the_next() -> None:
    too_big = (END, "552 Too big\r\n")
    with ScriptedMailServer(PIPELINING, ASKED, too_big, RESET, ASKED, TAKEN) as server:
        transport = to(server.port)
        with pytest.raises(Unsent, match="552 Too big"):
            send(transport)
        assert send(transport) == (250, "Taken")


@pytest.mark.parametrize("answers", ["", "250 OK\r\n", "250 OK\r\n" * 2, ASKED[1]])
def test_a_connection_that_ends_between_the_answers_is_tried_again(answers: str) -> None:
    with ScriptedMailServer(PIPELINING, (DATA, answers)) as server, pytest.raises(Unsent) as error:
        send(to(server.port))
    assert str(error.value) == "The mail server closed the connection before it answered"
    assert not error.value.permanent


@pytest.mark.parametrize("step", [ASKED, (DATA, "250 OK\r\n421 Closing\r\n")])
def test_a_server_that_leaves_gets_no_other_mail_over_that_connection(step: Step) -> None:
    with ScriptedMailServer(PIPELINING, step) as leaving:
        transport = to(leaving.port)
        with pytest.raises(Unsent):
            send(transport)
    with pytest.raises(Unsent) as error:
        send(transport)
    assert (error.value.away, error.value.failure) == (True, Failure.CONNECT)


def test_a_kept_connection_that_ends_before_its_first_answer_costs_no_try() -> None:
    """Nothing of the mail was accepted, so it goes over a new connection at once."""
    with MailServer() as server:
        transport = to(server.port)
        send(transport)
        server.hang_up_at_mail = 1
        assert send(transport) == (250, "OK")
        transport.hang_up()
    assert (len(server.taken), server.connections) == (2, 2)


def test_lines_that_begin_with_a_dot_arrive_as_they_were_written() -> None:
    text = ".\n..\n.hidden\n \n.\n\n.end"
    dotted = Email("mai_1", "us@example.com", "team@example.com", "Dots", text, text, utcnow())
    with MailServer() as server:
        transport = to(server.port)
        assert send(transport, dotted) == (250, "OK")
        assert send(transport, letter()) == (250, "OK")
        transport.hang_up()
    assert server.contents == [as_bytes(dotted), as_bytes(letter())]
