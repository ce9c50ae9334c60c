"""One e-mail and its bytes. Nothing in it can break out of a header."""

from binascii import b2a_qp
from datetime import datetime
from email.utils import format_datetime

import msgspec

from webhooks_app.channels.email.headers import address_header, ascii_header, text_header
from webhooks_app.lib.mailboxes import mailbox_of

PART = """\
--{boundary}\r
Content-Type: text/{kind}; charset="utf-8"\r
Content-Transfer-Encoding: quoted-printable\r
\r
"""


class Email(msgspec.Struct, frozen=True):
    """An e-mail to one recipient. The same e-mail always has the same bytes.

    `id` becomes the Message-ID, so a recipient can recognise a repeat. `shown_to` is the To header
    when `recipient` is not the only one. `unsubscribe` is a URL that takes a POST (RFC 8058).
    `list_id` is a name and an id in angle brackets (RFC 2919), for sorting such mails.
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
    return mailbox_of(sender)[1].rpartition("@")[2]


def envelope_sender(letter: Email) -> str:
    return mailbox_of(letter.sender)[1]


def headers_of(letter: Email) -> dict[str, str]:
    headers = {
        "From": letter.sender,
        "To": letter.shown_to or letter.recipient,
        "Subject": letter.subject,
        "Reply-To": letter.reply_to,
        "List-Id": letter.list_id,
        "Date": format_datetime(letter.written_at),
        "Message-ID": message_id(letter),
        "Auto-Submitted": "auto-generated",
    }
    return {name: value for name, value in headers.items() if value or name == "Subject"}


def as_bytes(letter: Email) -> bytes:
    """Text with an HTML alternative, in lines that any server accepts, even without 8BITMIME.

    Raises ValueError for text that would break out of a header. Built by hand, since the email
    package takes ten times as long and folds long URLs until nobody can read them.
    """
    # No line of quoted-printable text can look like this (RFC 2045 §6.7).
    boundary = f"=_{letter.id}"
    return b"".join(
        (
            *(_written(name, value) for name, value in headers_of(letter).items()),
            *_unsubscribing(letter),
            ascii_header("MIME-Version", "1.0"),
            ascii_header("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
            _part("plain", letter.text, boundary),
            _part("html", letter.html, boundary),
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )


def _written(name: str, value: str) -> bytes:
    match name:
        case "From":
            return address_header(name, mailbox_of(value))
        case "To" | "Reply-To":
            return address_header(name, *(("", address) for address in value.split(", ")))
        case "List-Id":
            label, _, id_ = value.rpartition(" ")
            return address_header(name, (label, id_[1:-1])) if label else ascii_header(name, id_)
        case "Subject":
            return text_header(name, value)
        case _:
            return ascii_header(name, value)


def _unsubscribing(letter: Email) -> list[bytes]:
    if not letter.unsubscribe:
        return []
    return [
        ascii_header("List-Unsubscribe", f"<{letter.unsubscribe}>"),
        ascii_header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def _part(kind: str, text: str, boundary: str) -> bytes:
    lines = f"{text}\n".replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    head = f"\r\n{PART.format(boundary=boundary, kind=kind)}".encode()
    return head + b2a_qp(lines.encode(errors="replace"))
