"""Check a received request: which format it is in, and whether its signature is right."""

from collections.abc import Mapping

from webhooks_app.channels.webhook.formats import FORMATS, wire_format


def verify(name: str, secret: str, headers: Mapping[str, str], body: bytes, now: int) -> None:
    """Check a received request. `headers` by lower-case name; `body` as it came; `now` in Unix
    seconds.

    Raises `BadSignature` with a sentence that says why it does not verify, and ValueError for an
    unknown wire format.
    """
    wire_format(name).verify(secret, headers, body, now)


def detect(headers: Mapping[str, str]) -> str | None:
    """The wire format in which a request is signed; None when its headers show none."""
    names = [name for name, format_ in FORMATS.items() if format_.signature_header in headers]
    if len(names) > 1:
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        names.sort(key=lambda name: FORMATS[name].content_type != content_type)
    return names[0] if names else None
