"""One e-mail, and the bytes of it. Nothing in it can break out of a header."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import msgspec

# Lines that any server takes, also one without 8BITMIME.
POLICY = SMTP.clone(cte_type="7bit")


class Letter(msgspec.Struct, frozen=True):
    """`id` becomes the Message-ID, so that whoever gets it twice can tell. The same letter is the
    same bytes, whenever it is written.

    `shown_to` is what the To header says, when more get it than `recipient`. `unsubscribe` is a
    URL that takes a POST (RFC 8058).
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


def message_id(letter: Letter) -> str:
    return f"<{letter.id}@{parseaddr(letter.sender)[1].rpartition('@')[2]}>"


def envelope_sender(letter: Letter) -> str:
    return parseaddr(letter.sender)[1]


def headers_of(letter: Letter) -> dict[str, str]:
    headers = {
        "From": letter.sender,
        "To": letter.shown_to or letter.recipient,
        "Subject": letter.subject,
        "Date": format_datetime(letter.written_at),
        "Message-ID": message_id(letter),
        "Auto-Submitted": "auto-generated",
    }
    return headers | ({"Reply-To": letter.reply_to} if letter.reply_to else {})


def as_bytes(letter: Letter) -> bytes:
    """Text with an HTML alternative. Raises ValueError for what would break out of a header."""
    message = EmailMessage(policy=POLICY)
    for name, value in headers_of(letter).items():
        message[name] = value
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    # No line of quoted-printable text can look like this (RFC 2045 §6.7).
    message.set_boundary(f"=_{letter.id}")
    return _unsubscribing(letter.unsubscribe) + message.as_bytes()


def _unsubscribing(url: str) -> bytes:
    """Written here, as the email package would fold it into encoded words, which nobody reads."""
    if not url:
        return b""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("A URL with a linefeed or a space cannot be in a header.")
    post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    return f"List-Unsubscribe: <{url}>\r\n{post}\r\n".encode()
