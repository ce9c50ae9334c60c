"""Headers of e-mails, read by an independent parser: Python's email package."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32, default
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from webhooks_app.channels.email.headers import address_header, text_header
from webhooks_app.channels.email.mime import Email, as_bytes

pytestmark = pytest.mark.whole  # thousands of examples

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))
# Pieces of headers, including those with a meaning.
ODD_TEXT = st.text(st.sampled_from('ab é=?"<>(),.;:@\\_ü漢😀\u0301\u200f\u2028\t  '), max_size=200)
TEXTS = ANY_TEXT | ODD_TEXT | st.text(st.sampled_from("abc -="), min_size=60, max_size=400)

ADDRESSES = st.from_regex(r"[a-z0-9_+-]{1,64}@[a-z]{1,60}\.example", fullmatch=True)


def read(header: bytes) -> Message:
    """A mail with this header, after a check that its lines respect RFC 5322 and RFC 2047."""
    assert all(len(line) <= 78 for line in header.split(b"\r\n")), header
    assert all(len(word) <= 75 for word in ENCODED_WORD.findall(header)), header
    assert b"?==?" not in header
    message = message_from_bytes(header + b"\r\nbody", policy=default)
    assert len(message.keys()) == 1
    assert message.get_payload() == "body"
    return message


@settings(max_examples=2000)
@given(TEXTS)
@example("é" * 150)
@example("=?utf-8?q?no?=")
@example("a" * 2000)
def test_a_subject_says_what_was_meant(text: str) -> None:
    subject = read(text_header("Subject", text))["Subject"]
    assert (str(subject), subject.defects) == (text, ())


@settings(max_examples=2000)
@given(TEXTS)
@example("Böhm, Söhne")
@example('"Böhm" \\ Söhne')
@example("名前" * 40)
def test_a_name_says_what_was_meant(text: str) -> None:
    """Read names by Python's older parser.

    The new one puts a space between the encoded words of one name.
    """
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    header = address_header("From", (name, "hookline@example.com"))
    sender = read(header)["From"]
    assert [one.addr_spec for one in sender.addresses] == ["hookline@example.com"]
    assert sender.defects == ()
    raw = message_from_bytes(header, policy=compat32)["From"].replace("\r\n", "")
    assert str(make_header(decode_header(parseaddr(raw)[0]))) == name
    if len(ENCODED_WORD.findall(header)) < 2:
        assert sender.addresses[0].display_name == name


@settings(max_examples=500)
@given(
    st.lists(st.from_regex(r"[a-z0-9_+-]{1,64}@[a-z]{1,60}\.example", fullmatch=True), min_size=1)
)
def test_each_recipient_is_read(addresses: list[str]) -> None:
    header = address_header("To", *(("", one) for one in addresses))
    assert all(len(line) <= 998 for line in header.split(b"\r\n"))
    message = message_from_bytes(header, policy=default)
    assert [one.addr_spec for one in message["To"].addresses] == addresses


@pytest.mark.parametrize("text", ["a\r\nBcc: b@example.com", "a\nb", "ü\rb", "\n"])
def test_nothing_breaks_out_of_a_header(text: str) -> None:
    with pytest.raises(ValueError, match="header"):
        text_header("Subject", text)
    with pytest.raises(ValueError, match="header"):
        address_header("From", (text, "a@example.com"))
    with pytest.raises(ValueError, match="header"):
        address_header("From", ("A", f"a@example.com{text}"))


@settings(max_examples=500)
@given(TEXTS, TEXTS, TEXTS)
def test_a_whole_mail_is_read_as_it_was_written(subject: str, action: str, body: str) -> None:
    action = " ".join("".join(c if c.isprintable() else " " for c in action).split())
    email = Email(
        "msg_1",
        "Hookline <hookline@exämple.com>",
        "ada@example.com",
        subject,
        body,
        body,
        AT,
        list_id=f"{action} <act_1.xn--exmple-cua.com>",
    )
    written = as_bytes(email)
    assert b"?==?" not in written
    assert max(map(len, written.split(b"\r\n"))) <= 998
    message = message_from_bytes(written, policy=default)
    assert message.defects == []
    assert str(message["Subject"]) == subject
    assert message["From"].addresses[0].addr_spec == "hookline@xn--exmple-cua.com"
    assert message["Message-ID"] == "<msg_1@xn--exmple-cua.com>"
    assert str(message["List-Id"]).endswith("<act_1.xn--exmple-cua.com>")
    assert {"From", "To", "Subject", "Date", "Message-ID"} < set(message.keys())
    assert "Bcc" not in message
