"""Read what clients send, and say exactly where it is wrong."""

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

import msgspec
from flask import request

from webhooks_app.api.problems import Problem
from webhooks_app.lib.body_limits import FORM
from webhooks_app.lib.json_faults import UNKNOWN, as_fault, malformed
from webhooks_app.lib.pointers import MOST_FAULTS, Fault, Invalid, pointer
from webhooks_app.subscriptions.reading import Members

LONGEST_READ_TWICE = FORM

T = TypeVar("T", bound=msgspec.Struct)


def read(kind: type[T]) -> T:
    """The request's body. Raises `Invalid` with all faults, or `Problem` when it is not JSON."""
    return decode(json_text(), kind)


def read_optional(kind: type[T]) -> T:
    """Like `read`; no body at all means the defaults."""
    return read(kind) if request.get_data() else kind()


def read_members() -> Members:
    """The members of the object in the body, for a service to check. Raises as `read` does."""
    try:
        members: dict[str, object] = msgspec.json.decode(json_text(), type=dict[str, object])
    except msgspec.ValidationError as error:
        raise Invalid(as_fault(error)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid(malformed(error)) from error
    return members


def json_text() -> str:
    """The body as text. Raises `Problem` for another content type, `Invalid` for broken UTF-8."""
    if request.mimetype != "application/json":
        raise Problem(
            415,
            "unsupported-media-type",
            "JSON only",
            "Send JSON, with `Content-Type: application/json`.",
            headers={"Accept": "application/json"},
        )
    try:
        return request.get_data().decode()
    except UnicodeDecodeError as error:
        raise Invalid(
            Fault("#", f"This is not UTF-8, from byte {error.start}.", status=400)
        ) from error


def decode(text: str | msgspec.Raw, kind: type[T]) -> T:
    """Raises `Invalid` with the faults of all members; `msgspec` names only the first."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        raise Invalid(*_first_faults(text, kind, as_fault(error))) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid(malformed(error)) from error


def _first_faults(text: str | msgspec.Raw, kind: type[msgspec.Struct], first: Fault) -> list[Fault]:
    """Up to `MOST_FAULTS`.

    For a long text only the first: to find each one, the text is read again.

    If the text after a fault is not JSON, that is the fault.
    """
    if len(text) > LONGEST_READ_TWICE:
        return [first]
    try:
        return list(islice(_faults(text, kind), MOST_FAULTS)) or [first]
    except (msgspec.DecodeError, RecursionError) as error:
        return [malformed(error)]


def _faults(text: str | msgspec.Raw, kind: type[msgspec.Struct]) -> Iterator[Fault]:
    try:
        members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError as error:
        yield as_fault(error)
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name in members:
        if name not in fields:
            yield Fault(pointer(name), UNKNOWN)
    for name, field in fields.items():
        if name in members:
            yield from _faults_of_member(name, members[name], field.type)
        elif field.required:
            yield Fault(pointer(name), "This is required.")


def _faults_of_member(name: str, text: msgspec.Raw, kind: object) -> Iterator[Fault]:
    try:
        msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        yield as_fault(error).below(name)
