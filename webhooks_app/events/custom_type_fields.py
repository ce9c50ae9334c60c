"""Read the members of an organisation's own event type, and report all faults at once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from webhooks_app.catalogue import event_type
from webhooks_app.events.fields import faults_of_data
from webhooks_app.lib import json_text
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.vocabulary import RESERVED

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
LONGEST_NAME = 64
OURS = ("webhook.", "action.", *RESERVED)
LONGEST_TITLE = 200
LONGEST_GROUP = 80
LONGEST_DESCRIPTION = 2000
LARGEST_JSON = 32 * 1024
SYSTEM = "system"
NO_SCHEMA = ("", "null")
DEFAULT_GROUP = "Our own"

Columns = dict[str, Any]


def checked(fields: Mapping[str, str]) -> Columns:
    """What to store for the members in `fields`. Raises `Invalid`.

    `name`, `title`, `description` and `group` are text, `sample` is the JSON text of an object, and
    `schema` the same or one of `NO_SCHEMA`.
    """
    columns: Columns = {}
    faults: list[Fault] = []
    for member, value in fields.items():
        try:
            columns[member] = CHECKS[member](value)
        except Invalid as error:
            faults += error.faults
    if faults:
        raise Invalid(*faults)
    return columns


def _name(text: str) -> str:
    name = text.strip()
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise _invalid(
            "name",
            f"Name an object and what happened to it, in lower case with dots between, such as "
            f"order.paid. Use at most {LONGEST_NAME} characters.",
        )
    if event_type(name) is not None:
        raise _invalid("name", "This name is already in the catalogue.")
    if name.startswith(OURS):
        raise _invalid("name", f"Names that begin with {', '.join(OURS)} are reserved.")
    return name


def _line(member: str, longest: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        line = text.strip()
        if not line or len(line) > longest or not line.isprintable():
            raise _invalid(member, f"Enter 1 to {longest} printable characters.")
        return line

    return check


def _group(text: str) -> str:
    group = _line("group", LONGEST_GROUP)(text)
    if group.lower() == SYSTEM:
        raise _invalid("group", "This group is reserved for events that the product sends.")
    return group


def _description(text: str) -> str:
    if len(text) > LONGEST_DESCRIPTION or "\0" in text:
        raise _invalid("description", f"Use at most {LONGEST_DESCRIPTION} characters.")
    return text.strip()


def _schema(text: str) -> str | None:
    return None if text.strip() in NO_SCHEMA else _object("schema")(text)


def _object(member: str) -> Callable[[str], str]:
    """Like an event's data, but smaller: it is shown on pages."""

    def check(text: str) -> str:
        raw = text.encode(errors="surrogatepass")
        if len(raw) > LARGEST_JSON:
            raise _invalid(member, f"Use at most {LARGEST_JSON} bytes.")
        faults = list(faults_of_data(raw))
        if faults:
            raise Invalid(*(replace(fault, at=f"#/{member}", status=422) for fault in faults))
        return json_text.write(json_text.read(raw))

    return check


def _invalid(member: str, detail: str) -> Invalid:
    return Invalid(Fault(f"#/{member}", detail))


CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "name": _name,
    "title": _line("title", LONGEST_TITLE),
    "description": _description,
    "group": _group,
    "sample": _object("sample"),
    "schema": _schema,
}
