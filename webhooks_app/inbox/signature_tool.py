"""The signature tool: whether a pasted request verifies, and if not, what is wrong.

Pure: nothing is stored, and nothing pasted may be logged.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

from webhooks_app.channels.webhook.formats import FORMATS, EventView, wire_format
from webhooks_app.channels.webhook.formats.standard import Standard
from webhooks_app.channels.webhook.signatures import PREFIX, TOLERANCE
from webhooks_app.inbox.payloads import laid_out
from webhooks_app.inbox.signature_check import SIGNATURE_HEADERS, SignatureResult, check, detect

UNEXPLAINED = (
    "None of the usual mistakes explains it. Check that the secret belongs to this webhook and "
    "that the body is exactly what was sent."
)
STAMP = re.compile(r"(?:^|,)t=([0-9]{1,12})(?:,|$)")
# Where the id and the time are signed too and have headers of their own: how these begin.
FAMILIES = {
    format_.signature_header: format_.family
    for format_ in FORMATS.values()
    if isinstance(format_, Standard)
}
# Signatures do not depend on it.
NO_EVENT = EventView("", "", datetime.min.replace(tzinfo=UTC), "", None, None, b"")
REQUEST_LINE = re.compile(r"[A-Z]+ \S+( HTTP/[0-9.]+)?")
HEADER_LINE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:(.*)")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`hints` say what would make it verify.

    `signed_content` and `expected` are empty when a signed header is missing.
    """

    verdict: SignatureResult
    hints: list[str]
    signature_header: str
    signed_content: str
    expected: str
    offered: str


class BadHeaders(Exception):
    """A line is not a header; the message is a sentence."""


def parts_of_request(text: str) -> tuple[str, str]:
    """The header lines and the body of a whole request that was pasted; the body is empty when only
    headers were. A request line before them is left out."""
    text = text.lstrip("\n")
    first, _, rest = text.partition("\n")
    headers, _, body = (rest if REQUEST_LINE.fullmatch(first.strip()) else text).partition("\n\n")
    return headers, body


def read_headers(text: str) -> dict[str, str]:
    """Headers from `Name: value` lines, by lower-case name; the last one wins.

    Raises `BadHeaders`.
    """
    headers = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if (found := HEADER_LINE.fullmatch(line)) is None:
            raise BadHeaders(f"Line {number} does not look like “Name: value”.")
        headers[found[1].lower()] = found[2].strip()
    return headers


def diagnose(
    secret: str, headers: Mapping[str, str], body: bytes, now: int, name: str = ""
) -> Diagnosis:
    """Check as a receiver would, at `now` in Unix seconds; then look for the usual mistakes.

    `name` is a wire format; empty to detect it from the headers.
    """
    verdict = check([secret], headers, body, now, name)
    hints = [] if verdict.verified else list(_hints(verdict, secret, headers, body, now))
    if verdict.wire_format is None:
        return Diagnosis(verdict, hints, "", "", "", "")
    header = SIGNATURE_HEADERS[verdict.wire_format]
    offered = headers.get(header, "")
    content = _signed_content(header, headers, body)
    expected = ""
    if content is not None:
        with suppress(ValueError):
            expected = _expected(verdict.wire_format, secret, headers, body)
    return Diagnosis(
        verdict, hints, header, (content or b"").decode(errors="replace"), expected, offered
    )


def _hints(
    verdict: SignatureResult, secret: str, headers: Mapping[str, str], body: bytes, now: int
) -> Iterator[str]:
    if verdict.wire_format is None:
        yield "Copy all headers of the request: one of them has the signature."
        return
    if SIGNATURE_HEADERS[verdict.wire_format] not in headers:
        if (other := detect(headers)) is not None:
            yield f"The headers look like the format {other}. Choose it, or let it be detected."
        return
    signed_at = _stamp(SIGNATURE_HEADERS[verdict.wire_format], headers)
    moment = now if signed_at is None else signed_at
    changes = next(_that_verify(verdict.wire_format, secret, headers, body, moment), None)
    if changes is None:
        yield UNEXPLAINED
    elif changes:
        yield f"It would verify if {' and '.join(changes)}."
    if signed_at is not None and abs(now - signed_at) > TOLERANCE:
        yield _of_age(now - signed_at, right=changes == [])


def _of_age(seconds: int, right: bool) -> str:
    minutes = f"{abs(seconds) // 60:,} minutes {'ago' if seconds > 0 else 'in the future'}"
    if right:
        return f"The signature itself is right, but it was made {minutes}; 5 minutes are allowed."
    return f"Also, it was made {minutes}; 5 minutes are allowed."


def _that_verify(
    name: str, secret: str, headers: Mapping[str, str], body: bytes, now: int
) -> Iterator[list[str]]:
    """The changes that make it verify, smallest first."""
    for (why_body, other_body), (why_secret, other_secret) in product(
        _bodies(body), _secrets(secret)
    ):
        if check([other_secret], headers, other_body, now, name).verified:
            yield [why for why in (why_secret, why_body) if why]


def _secrets(secret: str) -> Iterator[tuple[str, str]]:
    yield "", secret
    if secret.startswith(PREFIX):
        yield f"the secret was used without {PREFIX}", secret.removeprefix(PREFIX)
    else:
        yield f"the secret had {PREFIX} before it", PREFIX + secret


def _bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "", body
    yield "the body had no line break or space at its ends", body.strip()
    yield "the body ended in a line break", body.rstrip(b"\r\n") + b"\n"
    yield "the lines of the body ended with CR LF, as on Windows", body.replace(b"\n", b"\r\n")
    if (compact := laid_out(body, -1)) is not None:
        yield "the JSON had no spaces or line breaks (something reformatted it)", compact
    for width in (2, 4):
        if (indented := laid_out(body, width)) is not None:
            yield f"the JSON was indented by {width} (something reformatted it)", indented
    with suppress(ValueError, RecursionError):
        content = json.loads(body)
        why = "the JSON was written as Python does (something parsed and wrote it again)"
        yield why, json.dumps(content).encode()
        why = "the JSON was written as JavaScript does (something parsed and wrote it again)"
        script = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        yield why, script.encode(errors="replace")


def _stamp(header: str, headers: Mapping[str, str]) -> int | None:
    """When it was signed, in Unix seconds: from the signature's own header, or one beside it."""
    found = STAMP.search(headers.get(header, ""))
    beside = f"{FAMILIES.get(header, 'webhook')}-timestamp"
    text = found[1] if found else headers.get(beside, "")
    return int(text) if re.fullmatch("[0-9]{1,12}", text) else None


def _signed_content(header: str, headers: Mapping[str, str], body: bytes) -> bytes | None:
    """The text that the signature covers; None if a header that is part of it is missing."""
    if header not in FAMILIES:
        found = STAMP.search(headers.get(header, ""))
        return b"%b.%b" % (found[1].encode(), body) if found else body
    id_header = f"{FAMILIES[header]}-id"
    if id_header not in headers or (stamp := _stamp(header, headers)) is None:
        return None
    return b"%b.%d.%b" % (headers[id_header].encode(), stamp, body)


def _expected(name: str, secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """The signature header that the sender would write with this secret."""
    header = SIGNATURE_HEADERS[name]
    stamp = _stamp(header, headers) or 0
    message_id = headers.get(f"{FAMILIES.get(header)}-id", "")
    sent = wire_format(name).headers([secret], message_id, stamp, body, NO_EVENT)
    return next(value for key, value in sent.items() if key.lower() == header)
