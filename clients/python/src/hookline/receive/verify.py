"""Verify one request: is it signed with the secret, and what does it say?"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hookline.receive.event import Event
from hookline.receive.formats import FORMATS, UNSIGNED, Format
from hookline.receive.signatures import BadSignature

TOLERANCE = 5 * 60.0
CLOUDEVENTS = "application/cloudevents+json"
AnyHeaders = Mapping[str, str] | Iterable[tuple[str, str]]


def verify(
    secret: str | Sequence[str],
    headers: AnyHeaders,
    body: bytes,
    *,
    wire_format: str | None = None,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> Event:
    """The event of a request that is signed with the secret, or with one of several.

    `body` is the raw body, as it arrived. Without `wire_format` the headers say which one it is.
    Where a format signs the time, `tolerance` is how many seconds it may be off.

    Raises BadSignature, and ValueError for a format that does not exist or is not signed.
    """
    if not isinstance(body, bytes | bytearray):
        raise TypeError("Give the raw body as bytes, as it arrived, not what was parsed of it.")
    known = _by_name(headers)
    format_ = _format(wire_format, known)
    secrets = [secret] if isinstance(secret, str) else [*secret]
    if not secrets or not all(secrets):
        raise ValueError("There is no secret to verify with.")
    at = time.time() if now is None else now
    format_.scheme.check(secrets, known, body, at, tolerance)
    return format_.read(known, body, _object(body))


def detect(headers: AnyHeaders) -> str | None:
    """The wire format that the headers show; None for an unsigned request."""
    known = _by_name(headers)
    names = [name for name, one in FORMATS.items() if one.scheme.header in known]
    kind = known.get("content-type", "").partition(";")[0].strip().lower()
    if "cloudevents" in names and kind == CLOUDEVENTS:
        return "cloudevents"
    return names[0] if names else None


def _format(name: str | None, headers: Mapping[str, str]) -> Format:
    if name in UNSIGNED:
        raise ValueError(f"The format {name} is not signed: its URL is the secret.")
    if name is not None and name not in FORMATS:
        raise ValueError(f"The wire format is one of: {', '.join(FORMATS)}.")
    found = name or detect(headers)
    if found is None:
        raise BadSignature("unsigned", "No header has a signature.")
    return FORMATS[found]


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise BadSignature("not-json", "The body is not JSON.") from error
    if not isinstance(found, dict):
        raise BadSignature("not-json", "The body is not a JSON object.")
    return found


def _by_name(headers: AnyHeaders) -> dict[str, str]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return {name.lower(): value for name, value in pairs}
