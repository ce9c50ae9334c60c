"""Check whether a received request is signed correctly, in which format, and if not, why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.channels.webhook.signatures import BadSignature
from webhooks_app.channels.webhook.verify import detect, verify

__all__ = ["SIGNATURE_HEADERS", "UNSIGNED", "SignatureResult", "check", "detect"]

UNSIGNED = "The request has no signature."
SIGNATURE_HEADERS = {
    name: format_.signature_header
    for name, format_ in FORMATS.items()
    if format_.signature_header is not None
}


@dataclass(frozen=True, slots=True)
class SignatureResult:
    """`verified` is None when nothing could be checked; `why` is a sentence."""

    verified: bool | None
    wire_format: str | None
    why: str


def check(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: int, name: str = ""
) -> SignatureResult:
    """Try each secret in turn; one match is enough.

    Otherwise the first secret's failure is reported.

    `secrets` holds at least one; `headers` are by lower-case name; `now` is in Unix seconds; `name`
    is a wire format, empty to detect it.
    """
    wire_format = name or detect(headers)
    if wire_format is None:
        return SignatureResult(None, None, UNSIGNED)
    reasons = [_fault(wire_format, secret, headers, body, now) for secret in secrets]
    if None in reasons:
        return SignatureResult(True, wire_format, "The signature is right.")
    return SignatureResult(False, wire_format, reasons[0] or "")


def _fault(name: str, secret: str, headers: Mapping[str, str], body: bytes, now: int) -> str | None:
    try:
        verify(name, secret, headers, body, now)
    except BadSignature as error:
        return str(error)
    except ValueError:
        return "This secret cannot be used for this format: the part after whsec_ is not base 64."
    return None
