"""The rules for a subject: the chatbot, room or space that an event is about."""

import re
from collections.abc import Iterator

from webhooks_app.lib.pointers import Fault

TYPE = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
NO_SEGMENTS = ("", ".", "..")
ID = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


def subject_faults(type_: str, id_: str) -> Iterator[Fault]:
    """The faults of `{"type": …, "id": …}`, at its members."""
    if not TYPE.fullmatch(type_):
        yield Fault("#/type", "The type must be a lower-case word of 1 to 40 characters.")
    yield from (fault.below("id") for fault in subject_id_faults(id_))


def subject_id_faults(id_: str) -> Iterator[Fault]:
    """One rule wherever a subject is named.

    So every subject of an event can also be reached by a path such as
    `/api/v1/chatbots/team%2F1/webhooks`, which no client shortens.
    """
    yield from id_faults(id_)
    if any(part in NO_SEGMENTS for part in id_.split("/")) and id_:
        yield Fault("#", "Each part of the id between slashes must be a name, and not `..`.")


def id_faults(id_: str) -> Iterator[Fault]:
    if not ID.fullmatch(id_):
        yield Fault("#", "The id must have 1 to 200 characters and no control characters.")
