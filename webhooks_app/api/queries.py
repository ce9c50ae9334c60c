"""Read query strings: paging and filters."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from flask import request
from msgspec import Meta
from werkzeug.datastructures import MultiDict

from webhooks_app.deliveries.filters import Filters, status_codes
from webhooks_app.deliveries.statistics import Step
from webhooks_app.lib.json_faults import as_fault
from webhooks_app.lib.paging import DEFAULT_SIZE, LARGEST_SIZE, PageBounds, decode_cursor
from webhooks_app.lib.pointers import Fault, Invalid, pointer
from webhooks_app.matching.search_terms import LONGEST_TEXT, field_and_text, searched
from webhooks_app.subscriptions.spec import Key
from webhooks_app.vocabulary import ActorKind, DeliveryStatus, SubscriptionKind

Moment = Annotated[datetime, Meta(tz=True)]
StatusCode = Annotated[
    str,
    Meta(examples=["404", "4xx"], extra_json_schema={"pattern": "^[1-5]([0-9][0-9]|xx)$"}),
]

Kind = Literal["pointer", "parameter"]
LENGTH = {"maxLength": LONGEST_TEXT}
Subject = Annotated[
    str | None,
    Meta(
        description="The id of the chatbot, room or space that the event is about.",
        extra_json_schema=LENGTH,
    ),
]
Field = Annotated[
    str | None,
    Meta(
        description="A path into the event's data, and a text in its value, as "
        "`email: ada@example.com`. Upper and lower case are the same.",
        extra_json_schema=LENGTH,
    ),
]

NESTED = re.compile(r"([a-z]+)\[([^\[\]]*)\]")
NUMBERS = ("limit", "wait")
BOOLEANS = {"true": True, "false": False}
BOOLEAN_NAMES = ("missing", "unread", "revoke_keys")
WHOLE = re.compile(r"-?[0-9]{1,9}")
MOMENT = "Give a time with a time zone, such as 2026-03-02T10:00:00Z."
LONGEST_WAIT = 25
EXPECTED = {
    "wait": f"Give seconds from 0 to {LONGEST_WAIT}.",
    "limit": f"Give a number from 1 to {LARGEST_SIZE}.",
    "status": f"Give one of {', '.join(DeliveryStatus)}.",
    "metadata": (
        "Write metadata[key]=value; a key has letters, digits, dots, hyphens and underscores."
    ),
    "since": MOMENT,
    "until": MOMENT,
    "actor_kind": f"Give one of {', '.join(ActorKind)}.",
    "step": f"Give one of {', '.join(Step)}.",
    **dict.fromkeys(BOOLEAN_NAMES, "Give true or false."),
}


Limit = Annotated[int, Meta(ge=1, le=LARGEST_SIZE, description="How many items a page has.")]
Cursor = Annotated[str | None, Meta(description="`next_cursor` of the previous page, unchanged.")]


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    limit: Limit = DEFAULT_SIZE
    cursor: Cursor = None

    def window(self) -> PageBounds:
        """Raises `Invalid` for a cursor that we never issued."""
        return _bounds(self.limit, self.cursor)


def _bounds(limit: int, cursor: str | None) -> PageBounds:
    try:
        return PageBounds(limit, decode_cursor(cursor) if cursor else None)
    except ValueError as error:
        detail = "Use `next_cursor` of the previous page, unchanged."
        raise Invalid(Fault("cursor", detail, kind="parameter")) from error


class WaitQuery(msgspec.Struct):
    """Ignore unknown parameters: these operations have always ignored them."""

    wait: Annotated[
        int,
        Meta(
            ge=0,
            le=LONGEST_WAIT,
            description="How many seconds the answer waits for the deliveries to end.",
        ),
    ] = 0


class WebhookQuery(PageQuery):
    metadata: Annotated[
        dict[Key, str],
        Meta(
            description="Filter by metadata: `metadata[team]=sales`. Several filters "
            "must all match."
        ),
    ] = {}


class DeliveryFilter(msgspec.Struct, forbid_unknown_fields=True):
    """A filter of deliveries; an absent member means any."""

    subscription_id: Annotated[
        str | None, Meta(description="The id of a webhook or an action.")
    ] = None
    kind: Annotated[
        SubscriptionKind | None, Meta(description="Deliveries of webhooks or of actions.")
    ] = None
    event_type: Annotated[str | None, Meta(description="The name of an event type.")] = None
    status: Annotated[DeliveryStatus | None, Meta(description="The state of the delivery.")] = None
    status_code: Annotated[
        StatusCode | None,
        Meta(
            description="The status code of the last answer: one code such as `404`, or "
            "a class such as `5xx`."
        ),
    ] = None
    text: Annotated[
        str | None,
        Meta(
            description="A text in the error, in the event's data, type or subject, in the name of "
            "the webhook or action, or an id of one of them. Upper and lower case are the same. "
            "The whole id of a delivery or event finds only that, however old it is.",
            extra_json_schema=LENGTH,
        ),
    ] = None
    field: Field = None
    subject: Subject = None
    response: Annotated[
        str | None,
        Meta(
            description="A text in what the receiver answered to any attempt, in upper and lower "
            "case as written.",
            extra_json_schema=LENGTH,
        ),
    ] = None
    event_id: Annotated[
        str | None, Meta(description="The id of an event.", extra_json_schema=LENGTH)
    ] = None
    missing: Annotated[
        bool,
        Meta(
            description="`true` for deliveries that never arrived: failed or cancelled, and not "
            "replayed since."
        ),
    ] = False
    since: Annotated[Moment | None, Meta(description="Created at this time or later.")] = None
    until: Annotated[Moment | None, Meta(description="Created before this time.")] = None

    def filters(self, at: Kind = "pointer") -> Filters:
        """Raises `Invalid`."""
        return Filters(
            subscription_id=parsed("subscription_id", self.subscription_id, searched, at),
            kind=self.kind,
            event_type=parsed("event_type", self.event_type, searched, at),
            status=self.status,
            status_codes=parsed("status_code", self.status_code, status_codes, at),
            text=parsed("text", self.text, searched, at),
            field=parsed("field", self.field, field_and_text, at),
            subject=parsed("subject", self.subject, searched, at),
            response=parsed("response", self.response, searched, at),
            event_id=parsed("event_id", self.event_id, searched, at),
            missing=self.missing,
            since=self.since,
            until=self.until,
        )


class DeliveryListQuery(DeliveryFilter):
    limit: Limit = DEFAULT_SIZE
    cursor: Cursor = None

    def window(self) -> PageBounds:
        """Raises `Invalid` for a cursor that we never issued."""
        return _bounds(self.limit, self.cursor)

    def filters(self, at: Kind = "parameter") -> Filters:
        return super().filters(at)


T = TypeVar("T")


def parsed(
    name: str, asked: str | None, parse: Callable[[str], T], at: Kind = "parameter"
) -> T | None:
    """What it means; None if it is absent. Raises `Invalid`."""
    try:
        return None if asked is None else parse(asked)
    except ValueError as error:
        raise Invalid(Fault(pointer(name) if at == "pointer" else name, str(error), at)) from error


Q = TypeVar("Q", bound=msgspec.Struct)


def read(kind: type[Q]) -> Q:
    """The query string. Raises `Invalid`, also for an unknown parameter."""
    try:
        return msgspec.convert(_nested(request.args), kind)
    except msgspec.ValidationError as error:
        raise _refused(as_fault(error).at.removeprefix("#/")) from error


def _refused(name: str) -> Invalid:
    detail = EXPECTED.get(name, "Unknown parameter.")
    return Invalid(Fault(name, detail, "parameter"))


def _nested(args: MultiDict[str, str]) -> dict[str, object]:
    """`metadata[team]=sales` becomes `{"metadata": {"team": "sales"}}`.

    Raises `Invalid` for a repeated parameter: only one of the two could count.
    """
    nested: dict[str, object] = {}
    for name, values in args.lists():
        if len(values) > 1:
            raise Invalid(Fault(name, "Give this parameter once.", "parameter"))
        [value] = values
        found = NESTED.fullmatch(name)
        inner = nested.setdefault(found[1], {}) if found else None
        if found and isinstance(inner, dict):
            inner[found[2]] = value
        else:
            nested[name] = _read_value(name, value)
    return nested


def _read_value(name: str, text: str) -> object:
    """Numbers become numbers, everything else stays text.

    Without strictness, msgspec would read `null` as no filter and `0.5` as a time in 1970.
    """
    if name in NUMBERS and WHOLE.fullmatch(text):
        return int(text)
    return BOOLEANS.get(text, text) if name in BOOLEAN_NAMES else text
