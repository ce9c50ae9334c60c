"""An event's data for a mail: labels, texts, and links where useful."""

import re
from datetime import datetime, tzinfo
from itertools import islice

import msgspec

from webhooks_app.channels.email.addresses import ascii_address
from webhooks_app.channels.readable import as_written, cut, flat, label_of
from webhooks_app.lib.times import when

MOST = 60
LONGEST_VALUE = 5000
FIRST = ("name", "email", "phone", "company", "message")
LABELS = {"email": "E-mail", "url": "URL", "id": "ID"}
PHONES = re.compile(r"phone|mobile|tel(efon|ephone)?", re.IGNORECASE)
PHONE = re.compile(r"(\+?[\d\s()./-]{5,30}?)(?: ext\. (\d{1,15}))?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


class Field(msgspec.Struct, frozen=True):
    """`link` is a mailto: or tel: URL, or empty."""

    label: str
    value: str
    link: str = ""


def fields_of(event_type: str, data: str, zone: tzinfo) -> list[Field]:
    """The fields that are not empty: the ones people look for first, ids last.

    Nested objects are flattened, numbers stay as they were written, and times are shown in `zone`.
    """
    own = event_type.partition(".")[0]
    found = list(islice(flat(as_written(data), unnamed=own), MOST + 1))
    fields = [_field(path, value, zone) for path, value in sorted(found[:MOST], key=_rank)]
    more = [Field("More", "There are fields that are not shown here")] if len(found) > MOST else []
    return fields + more


def reply_address(data: str) -> str:
    """The lead's own address, or an empty text. A request for a human has it in `visitor`."""
    root = as_written(data)
    within = (root.get(name) for name in ("lead", "visitor"))
    people = [root, *(one for one in within if isinstance(one, dict))]
    return next(filter(None, (ascii_address(one.get("email")) for one in people)), "")


def _field(path: tuple[str, ...], text: str, zone: tzinfo) -> Field:
    key = path[-1] if path else ""
    label = LABELS.get(key) if len(path) == 1 else None
    return Field(label or label_of(path), *_shown(key, cut(text, LONGEST_VALUE), zone))


def _shown(key: str, value: str, zone: tzinfo) -> tuple[str, str]:
    """A value and its link."""
    if "@" in value and (address := ascii_address(value)):
        return value, f"mailto:{address}"
    if PHONES.search(key) and (phone := PHONE.fullmatch(value)):
        extension = f";ext={phone[2]}" if phone[2] else ""
        return value, "tel:" + re.sub(r"[^\d+]", "", phone[1]) + extension
    if MOMENT.match(value) and (at := _moment(value)):
        return when(at, zone), ""
    return value, ""


def _moment(value: str) -> datetime | None:
    """None for a time without a zone, since it could be any of many."""
    try:
        at = datetime.fromisoformat(value)
        return at if at.tzinfo and 1 < at.year < 9999 else None
    except ValueError:
        return None


def _rank(found: tuple[tuple[str, ...], str]) -> tuple[int, int]:
    path = found[0]
    key = path[-1] if path else ""
    if len(path) == 1 and key in FIRST:
        return 0, FIRST.index(key)
    return (2, 0) if key == "id" or key.endswith(("_id", "Id")) else (1, 0)
