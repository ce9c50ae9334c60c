"""One e-mail, and the bytes of it. Nothing in it can break out of a header."""

import re
from binascii import b2a_qp
from datetime import datetime
from email.header import Header
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache

import msgspec

LINE_END = re.compile(r"\r\n|\r|\n")
# Where a header would end before its end.
BREAK = re.compile(rb"\r(?!\n)|(?<!\r)\n|\r\n(?![ \t]|\Z)")
PART = """\
--{boundary}\r
Content-Type: text/{kind}; charset="utf-8"\r
Content-Transfer-Encoding: quoted-printable\r
\r
"""


class Email(msgspec.Struct, frozen=True):
    """`id` becomes the Message-ID, so that whoever gets it twice can tell. The same letter is the
    same bytes, whenever it is written.

    `shown_to` is what the To header says, when more get it than `recipient`. `unsubscribe` is a
    URL that takes a POST (RFC 8058). `list_id` is a name and an id in angle brackets (RFC 2919),
    for who wants to sort such mails.
    """

    id: str
    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    written_at: datetime
    shown_to: str = ""
    reply_to: str = ""
    unsubscribe: str = ""
    list_id: str = ""


def message_id(letter: Email) -> str:
    return f"<{letter.id}@{domain_of(letter.sender)}>"


def domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2]


def envelope_sender(letter: Email) -> str:
    return parseaddr(letter.sender)[1]


def headers_of(letter: Email) -> dict[str, str]:
    headers = {
        "From": letter.sender,
        "To": letter.shown_to or letter.recipient,
        "Subject": letter.subject,
        "Date": format_datetime(letter.written_at),
        "Message-ID": message_id(letter),
        "Auto-Submitted": "auto-generated",
    }
    more = {"Reply-To": letter.reply_to, "List-Id": letter.list_id}
    return headers | {name: value for name, value in more.items() if value}


def as_bytes(letter: Email) -> bytes:
    """Text with an HTML alternative, in lines that any server takes, also one without 8BITMIME.

    Raises ValueError for what would break out of a header. Put together here, since the email
    package takes ten times as long for it, and folds long URLs so that nobody can read them.
    """
    # No line of quoted-printable text can look like this (RFC 2045 §6.7).
    boundary = f"=_{letter.id}"
    headers = headers_of(letter)
    lines = [_folded(name, headers.pop(name)) for name in FOLDED if name in headers]
    if letter.unsubscribe:
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    headers["MIME-Version"] = "1.0"
    headers["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    lines += [_verbatim(name, value) for name, value in headers.items()]
    parts = (("plain", letter.text), ("html", letter.html))
    return b"".join(
        (
            *lines,
            *(_part(kind, text, boundary) for kind, text in parts),
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )


# By the email package, which knows addresses and encoded words (RFC 2047).
FOLDED = ("From", "To", "Subject", "Reply-To", "List-Id")


@lru_cache(maxsize=4096)
def _folded(name: str, value: str) -> bytes:
    """The email package also decodes what looks like an encoded word, with line breaks in it. So
    it is given no such text: a visitor's is shown as it was typed."""
    if "=?" not in value or name == "From":
        line = SMTP.fold_binary(*SMTP.header_store_parse(name, value))
    elif name == "Subject":
        encoded = Header(value, "utf-8", header_name=name).encode(linesep="\r\n")
        line = f"{name}: {encoded}\r\n".encode()
    else:
        line = _verbatim(name, value)
    if BREAK.search(line):
        raise ValueError(f"{name} cannot be a header: it has a linefeed.")
    return line


def _verbatim(name: str, value: str) -> bytes:
    if not value.isascii() or not value.isprintable():
        raise ValueError(f"{name} cannot be a header: it has a linefeed or is not ASCII.")
    return f"{name}: {value}\r\n".encode()


def _part(kind: str, text: str, boundary: str) -> bytes:
    lines = LINE_END.sub("\r\n", f"{text}\n").encode(errors="replace")
    return f"\r\n{PART.format(boundary=boundary, kind=kind)}".encode() + b2a_qp(lines)
