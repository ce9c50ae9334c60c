"""A request to the API as plain data, without a way to send it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final
from urllib.parse import quote

from hookline._model import Model


class Unset(Enum):
    """The default of members that are left out. `None` is a value: it is sent as `null`."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
Query = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """`wait` is how many seconds the server may take beyond the usual. `raw` is a body that is
    JSON already. Without `keyed` a repeat would act again, so it is sent once."""

    method: str
    path: str
    query: Query = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0
    raw: bytes | None = None
    accept: str = "application/json"
    keyed: bool = True

    def parameters(self) -> list[tuple[str, str]]:
        """The query as it is sent; what is `None` is left out."""
        return [pair for name, value in self.query.items() for pair in _pairs(name, value)]

    def content(self) -> bytes | None:
        return self.raw if self.body is None else encode(self.body)


def path_to(template: str, *ids: str) -> str:
    """A path with its ids. Raises ValueError for an id that would lead to another path."""
    for one in ids:
        if one in ("", ".", ".."):
            raise ValueError(f"{one!r} is not an id.")
    return template.format(*(quote(one, safe=":") for one in ids))


def given(**members: Any) -> dict[str, Any]:
    """A body without the members that were left out."""
    return {name: value for name, value in members.items() if value is not UNSET}


def sent_with(
    idempotency_key: str | None = None,
    if_match: str | Model | None = None,
    only_if_new: bool = False,
) -> dict[str, str]:
    """Raises ValueError for an object that was not read by itself: only that has an ETag."""
    found = {}
    if idempotency_key is not None:
        found["Idempotency-Key"] = idempotency_key
    if if_match is not None:
        found["If-Match"] = if_match if isinstance(if_match, str) else _etag_of(if_match)
    if only_if_new:
        found["If-None-Match"] = "*"
    return found


def encode(value: object) -> bytes:
    """JSON in UTF-8. Raises ValueError for NaN and for a time without a zone."""
    text = json.dumps(
        value, default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return text.encode()


def moment(value: datetime) -> str:
    """RFC 3339. Raises ValueError for a time without a zone."""
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone; use datetime.now(UTC), for example.")
    return value.isoformat()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, Model) and is_dataclass(value):
        members = {one.name: getattr(value, one.name) for one in fields(value)}
        return {name: member for name, member in members.items() if member is not None}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _pairs(name: str, value: object) -> list[tuple[str, str]]:
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [(f"{name}[{key}]", str(one)) for key, one in value.items()]
    if isinstance(value, bool):
        return [(name, "true" if value else "false")]
    return [(name, moment(value) if isinstance(value, datetime) else str(value))]


def _etag_of(model: Model) -> str:
    etag = model.response.etag if model.response else None
    if etag is None:
        raise ValueError("This object has no ETag; read it with get() first.")
    return etag
